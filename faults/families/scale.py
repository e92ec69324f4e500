"""Rows about many: floods, storms of connections, thieves at the broker, too few sockets, a soak."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.areas import Area
from edge_agent.clock import ManualClock
from edge_agent.kiosk.kinds import KINDS
from edge_agent.kiosk.slips import KEY_FILE, SlipDesk, SlipError
from edge_agent.outbox import Outbox
from edge_agent.part import Part
from edge_agent.poke import PokeListener
from edge_agent.store import Store
from faults.county import HEAL_S
from faults.ground import free_port
from faults.invariants import nothing_said_is_lost
from faults.rows import Row, RowFailed, Scene, Seen
from hub.broker.files import Account, BrokerFiles, TlsListener
from hub.broker.passwords import hashed
from hub.broker.supervisor import BrokerSupervisor
from hub.enrol import broker_tls
from hub.enrol.authority import Authority
from hub.ledger.models import Box as BoxRow
from tests.edge_agent.link.conftest import NOW, Box, County

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.county import County as Stand
    from faults.village import VillageBox

CONNACK = 0x20
