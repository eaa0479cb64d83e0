// Why there is no answer: the one exception of this folder, caught by the sender.

export type FailureCode =
  | "bad_url"
  | "blocked_port"
  | "blocked_address"
  | "bad_secret"
  | "bad_payload"
  | "timeout"
  | "dns"
  | "connect"
  | "proxy"
  | "tls"
  | "tls_expired"
  | "tls_name"
  | "tls_self_signed"
  | "reset"
  | "bad_answer";

export class ExchangeFailed extends Error {
  override readonly name = "ExchangeFailed";
  readonly code: FailureCode;
  constructor(code: FailureCode, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

/** Nothing was sent, and nothing will be as long as destination and payload stay as they are. */
export const policyCodes: ReadonlySet<FailureCode> = new Set([
  "bad_url",
  "blocked_port",
  "blocked_address",
  "bad_secret",
  "bad_payload",
]);
