import base64, hashlib, hmac, time

def verify(headers, body: bytes, secret: str) -> None:
    """Headers by lower-case name, the body's exact bytes, and the whsec_ secret. Raises unless Earshot sent them just now."""
    at = headers["webhook-timestamp"]
    if abs(time.time() - int(at)) > 300:
        raise ValueError("too old, or this machine's clock is wrong")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{at}.".encode() + body
    mine = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(mine, one) for one in headers["webhook-signature"].split(" ")):
        raise ValueError("not signed by Earshot")
