// The microphone's samples at 16 kHz as G.711 µ-law, ten packets a second, with their level.
const PACKET = 1600;

function muLaw(sample) {
  let value = Math.max(-32635, Math.min(32635, Math.round(sample * 32767)));
  const sign = value < 0 ? 0x80 : 0;
  value = Math.abs(value) + 132;
  let exponent = 7;
  for (let mask = 0x4000; exponent > 0 && !(value & mask); mask >>= 1) exponent -= 1;
  return ~(sign | (exponent << 4) | ((value >> (exponent + 3)) & 15)) & 0xff;
}

class Speech extends AudioWorkletProcessor {
  constructor() {
    super();
    this.packet = new Uint8Array(PACKET);
    this.filled = 0;
    this.peak = 0;
  }

  process([input]) {
    for (const sample of input[0] || []) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.packet[this.filled] = muLaw(sample);
      this.filled += 1;
      if (this.filled === PACKET) {
        this.port.postMessage({ packet: this.packet, peak: this.peak }, [this.packet.buffer]);
        this.packet = new Uint8Array(PACKET);
        this.filled = 0;
        this.peak = 0;
      }
    }
    return true;
  }
}

registerProcessor("speech", Speech);
