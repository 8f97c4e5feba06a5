#!/bin/bash
# Verifies the worked example of a document like docs/protocol.md, section 8, by coreutils, sed, awk and openssl alone: a
# second implementation, written from the text and sharing nothing with the first. Usage: verify-example.sh DOCUMENT
set -euo pipefail
export LC_ALL=C
document=$(realpath "$1") work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
fail() { echo "fails: $1" >&2; exit 1; }

# The fenced blocks: 1 mail, 2 TXT record, 3 certificate, 4 keys; 5 and 6, where there, what is signed and sealed.
awk '/^## /{on=/^## 8\./} on&&/^```/{open=!open; n+=open; next} on&&open{print > n}' "$document"
awk '{sub(/\r$/, "")} body{print > "body"} !body&&/^$/{body=1; next} !body{if (/^[ \t]/) h=h $0; else {if (h) print h; h=$0}} END{print h}' 1 > header
# Section 3.2, RFC 6376 sections 3.4.2 and 3.4.4.
relaxed() { awk '{i=index($0, ":"); n=tolower(substr($0, 1, i-1)); v=substr($0, i+1); gsub(/[ \t]+/, " ", v)
  sub(/^ /, "", v); sub(/ $/, "", v); sub(/[ \t]+$/, "", n); print n ":" v}' header; }
relaxed > fields
touch body
awk '{gsub(/[ \t]+/, " "); sub(/ $/, ""); if ($0 == "") e=e "\r\n"; else {printf "%s%s\r\n", e, $0; e=""}}' body > relaxed-body

field() { grep -m1 "^$1:" fields || fail "no $1"; }
tag() { field "$1" | sed "s/^$1:/; /" | sed -n "s/.*; *$2=\([^;]*\).*/\1/p" | tr -d ' '; }
opened() { field "$1" | sed 's/\(; *b=\)[^;]*/\1/'; }
sha256() { openssl dgst -sha256 -binary; }
url64() { basenc --base64url -w0 | tr -d =; }
binary64() {
  local text pad='=='
  text=$(tr -d '=\n' | tr -- -_ +/)
  printf %s "$text${pad:0:$(((4 - ${#text} % 4) % 4))}" | openssl base64 -d -A
}
# $1 algorithm, $2 public key, $3 data, $4 signature in base64
verified() {
  binary64 <<< "$4" > signature
  case $1 in
  ed25519-sha256) # RFC 8463: over the digest
    sha256 < "$3" > digest && openssl pkeyutl -verify -pubin -inkey "$2" -rawin -in digest -sigfile signature > log ;;
  ecdsa-p256-sha256) # r and s, 32 octets each, as DER
    hex=$(od -An -v -tx1 signature | tr -d ' \n') && [ ${#hex} = 128 ] || return 1
    printf 'asn1=SEQUENCE:rs\n[rs]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${hex:0:64}" "${hex:64}" > rs.conf
    openssl asn1parse -genconf rs.conf -out rs.der > log && openssl dgst -sha256 -verify "$2" -signature rs.der "$3" > log ;;
  rsa-sha256) openssl dgst -sha256 -verify "$2" -signature signature "$3" > log ;;
  *) return 1 ;;
  esac
}

# The declaration. Section 3.
address=$(tag ipp-signature i) domain=$(tag ipp-signature d) key=$(tag ipp-signature ks) signed_at=$(tag ipp-signature t)
[[ $(field from) == *"<$address>" && $address == *"@$domain" ]] || fail "From is not i, or i not of d"
[ "$(sha256 < relaxed-body | openssl base64 -A)" = "$(tag ipp-signature bh)" ] || fail "the body is not the one signed"
openssl verify -attime "$signed_at" -partial_chain -trusted 3 -verify_email "$address" 3 > log 2>&1 || fail "the certificate: $(tail -1 log)"
openssl x509 -in 3 -pubkey -noout > key.pem
[ "$(openssl pkey -pubin -in key.pem -outform DER | sha256 | url64)" = "$key" ] || fail "ks is not the certificate's key"
grep -q "^v=IPP1; .*ca=sha256:$key" 2 || fail "the TXT record does not name the key"
tag ipp-signature h | tr ':' '\n' | awk 'NR==FNR{n=$0; sub(/:.*/, "", n); f[n, ++c[n]]=$0; next} c[$0]>0{printf "%s\r\n", f[$0, c[$0]--]}' fields - > signed
opened ipp-signature | tr -d '\n' >> signed
verified "$(tag ipp-signature a)" key.pem signed "$(tag ipp-signature b)" || fail "the declaration's signature"
# Section 3.3: the nonce is octets 3 to 14 of the token.
tag ipp-signature tok | binary64 | tail -c +3 | head -c 12 > nonce
bound() { { printf '%s\0' "$1"; cat nonce; printf %s "${2,,}"; } | sha256 | url64 | cut -c1-22; }
for to in $(grep -E '^(to|cc):' fields | grep -o '<[^>]*>' | tr -d '<>'); do
  [[ :$(tag ipp-signature rh): == *":$(bound ipp1-rcpt "$to"):"* ]] || fail "rh does not bind $to"
  [[ :$(tag ipp-signature rd): == *":$(bound ipp1-dom "${to#*@}"):"* ]] || fail "rd does not bind ${to#*@}"
done
echo "the declaration holds: $(tag ipp-purpose p), signed for $address"

# The seal. Section 4.3, for one hop.
[ "$(sha256 < relaxed-body | url64)" = "$(tag hop-signal bh)" ] || fail "the body is not the one sealed"
by=$(tag hop-signal by)
for name in from sender to cc reply-to subject date message-id mime-version content-type content-transfer-encoding \
  ipp-purpose ipp-signature "authentication-results:$by;"; do
  { grep "^${name%%:*}:" fields || true; } | { grep "^$name" || true; } | tr -d ' \t' | sed 's/$/\r/'
done > sealed
opened hop-signal | tr -d ' \t\n' >> sealed
tr -d ' \n' < 4 | grep -o '{"kid"[^}]*}' | grep "\"kid\":\"$(tag hop-signal k)\"" > jwk || fail "the key that sealed is not listed"
jwk() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" jwk; }
case "$(jwk kty) $(jwk crv) $(tag hop-signal a)" in # the key's kind decides, and a must agree
'EC P-256 ecdsa-p256-sha256') # RFC 5480, an uncompressed point
  printf '\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04' > seal.der
  { jwk x | binary64; jwk y | binary64; } >> seal.der ;;
'OKP Ed25519 ed25519-sha256') # RFC 8410
  { printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'; jwk x | binary64; } > seal.der ;;
*) fail "a is not of the key's kind" ;;
esac
[ "$(sha256 < seal.der | url64)" = "$(jwk kid)" ] || fail "kid is not the digest of the key"
sealed_at=$(tag hop-signal t)
(($(jwk nbf) <= sealed_at && sealed_at <= $(jwk exp))) && [ "$(jwk revoked)" = false ] || fail "sealed by a key out of its time"
openssl pkey -pubin -inform DER -in seal.der -out seal.pem
verified "$(tag hop-signal a)" seal.pem sealed "$(tag hop-signal b)" || fail "the seal"
echo "the seal holds: $by for $(tag hop-signal s), $(tag hop-signal ipp)"

for pair in 5:signed 6:sealed; do
  [ ! -e "${pair%:*}" ] || cmp -s <(tr -d '\r' < "${pair#*:}") <(head -c -1 "${pair%:*}") || fail "the text tells other ${pair#*:} octets"
done
