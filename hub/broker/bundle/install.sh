#!/bin/sh
# 把本机设为备用消息服务器（以 root 运行）。makes this machine a broker of the county (run as root).
# --link-only: no more than the link to Mosquitto's plugin, to run it from this folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
plugin=$(find /usr/lib /usr/local/lib -name mosquitto_dynamic_security.so 2>/dev/null | head -n 1)
if [ -z "$plugin" ]; then
    echo "请先安装 mosquitto: apt install mosquitto / mosquitto is not installed" >&2
    exit 1
fi
if [ "${1:-}" = --link-only ]; then
    ln -sfn "$plugin" "$here/mosquitto_dynamic_security.so"
    exit 0
fi
to=/var/lib/mosquitto/village
install -d -o mosquitto -g mosquitto -m 0700 "$to"
for name in mosquitto.conf ca.pem server.pem server.key crl.pem dynamic-security.json; do
    install -o mosquitto -g mosquitto -m 0600 "$here/$name" "$to/$name"
done
ln -sfn "$plugin" "$to/mosquitto_dynamic_security.so"
install -d -m 0755 /etc/systemd/system/mosquitto.service.d
install -m 0644 "$here/village.conf" /etc/systemd/system/mosquitto.service.d/village.conf
systemctl daemon-reload
systemctl enable mosquitto
systemctl restart mosquitto
echo "✓ $(hostname)"
