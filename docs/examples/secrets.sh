#!/bin/sh
# Makes what docker-compose.yml keeps secret, in a folder; what is there already is left alone.
#   BEVAKA=.venv/bin/bevaka sh docs/examples/secrets.sh secrets
set -eu
folder=${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder" # keeps the other users of this computer out; the files within are read by the containers' users

for name in postgres_password flower_password metrics_token; do
  [ -e "$folder/$name" ] || openssl rand -hex 24 >"$folder/$name"
done

# The trial's mail server proves who it is, as any other must. A real server is trusted by the system's authorities:
# set BEVAKA_SMTP_CAFILE=/etc/ssl/certs/ca-certificates.crt together with BEVAKA_SMTP_HOST.
[ -e "$folder/mail_key" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
  -subj /CN=mail -addext subjectAltName=DNS:mail -keyout "$folder/mail_key" -out "$folder/mail_certificate" 2>/dev/null

[ -e "$folder/keyring.json" ] || BEVAKA_KEYRING_FILE="$folder/keyring.json" "${BEVAKA:-bevaka}" keys new >/dev/null

chmod 444 "$folder"/*
# The keys belong to the user of the containers alone, where we may give them away.
if chown 10001 "$folder/keyring.json" 2>/dev/null; then chmod 400 "$folder/keyring.json"; fi
