# id, at and signatures: the three webhook-… headers; body: a file with the exact bytes; secret: whsec_…
test "$(( $(date +%s) - at ))" -le 300 && test "$(( at - $(date +%s) ))" -le 300 || { echo "too old, or this machine's clock is wrong"; exit 1; }
key=$(printf %s "${secret#whsec_}" | base64 -d | od -An -vtx1 | tr -d ' \n')
mine=v1,$( { printf '%s.%s.' "$id" "$at"; cat "$body"; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64 -w0)
case " $signatures " in *" $mine "*) ;; *) echo "not signed by Earshot"; exit 1 ;; esac
