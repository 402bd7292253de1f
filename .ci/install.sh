#!/usr/bin/env bash
# Installs the programs that the tests use in addition to Deno, if this user is root and apt-get is available. Tests whose
# programs are missing are skipped, and .ci/summarize.ts reports them.
set -euo pipefail

# Each program with its Debian package.
programs=(
  chromium-headless-shell:chromium-headless-shell nginx:nginx-light haproxy:haproxy caddy:caddy promtool:prometheus setpriv:util-linux
  psql:postgresql-client pgbouncer:pgbouncer bindfs:bindfs sqlite3:sqlite3 zsh:zsh fish:fish script:bsdutils
)

missing=()
for entry in "${programs[@]}"; do
  command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "Not installed, since that takes root and apt-get: ${missing[*]}"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  apt-get update -q || return
  # Distributions without this package have Chromium whole, which needs twice the processor time.
  apt-cache show chromium-headless-shell || missing=("${missing[@]/#chromium-headless-shell/chromium}")
  apt-get install -q -y --no-install-recommends "${missing[@]}"
}
install >"$log" 2>&1 || { tail -n 20 "$log"; echo "They could not be installed."; }
