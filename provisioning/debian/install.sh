#!/bin/sh
# Installs what is missing of packages.txt for one purpose ("demo", "test" or "box"), with sudo when not root.
set -eu
purpose=${1:-demo}
here=$(dirname "$0")
wanted=$(awk -v purpose="$purpose" '!/^#/ && NF && ($2 == "demo" || $2 == purpose) { print $1 }' "$here/packages.txt")

is_there() {
    case $1 in
        npm) command -v npm >/dev/null 2>&1 ;;
        python3-venv) python3 -c 'import venv, ensurepip' 2>/dev/null ;;
        *) dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed ;;
    esac
}

missing=""
for name in $wanted; do
    is_there "$name" || missing="$missing $name"
done
[ -z "$missing" ] && exit 0

echo "安装系统软件包 installing Debian packages:$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "本机没有 apt,请自行安装以上软件 no apt here: install these with your own package manager" >&2
    exit 1
fi
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of names
$sudo apt-get install -y --no-install-recommends -qq $missing
