"use strict";
// Draws a panel's light matrix as round LEDs on black. Three layers: the matrix scaled up hard,
// a mask of round holes over it, and a soft glow; so that a frame costs three drawImage calls.
class Panel {
  constructor(canvas) {
    this.canvas = canvas;
    this.width = Number(canvas.dataset.width);
    this.height = Number(canvas.dataset.height);
    this.colours = canvas.dataset.colours;
    this.matrix = null;
    this.brightness = 255;
    this.lights = document.createElement("canvas");
    this.lights.width = this.width;
    this.lights.height = this.height;
    this.pixels = this.lights.getContext("2d").createImageData(this.width, this.height);
    this.due = false;
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const pitch = Math.max(3, Math.floor((this.canvas.clientWidth * ratio) / this.width));
    if (pitch === this.pitch) return;
    this.pitch = pitch;
    this.canvas.width = this.width * pitch;
    this.canvas.height = this.height * pitch;
    this.mask = this.makeMask(pitch);
    this.draw();
  }

  makeMask(pitch) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = pitch;
    const context = tile.getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, pitch, pitch);
    context.globalCompositeOperation = "destination-out";
    context.beginPath();
    context.arc(pitch / 2, pitch / 2, pitch * 0.42, 0, 2 * Math.PI);
    context.fill();
    const mask = document.createElement("canvas");
    mask.width = this.canvas.width;
    mask.height = this.canvas.height;
    const whole = mask.getContext("2d");
    whole.fillStyle = whole.createPattern(tile, "repeat");
    whole.fillRect(0, 0, mask.width, mask.height);
    return mask;
  }

  show(matrix, brightness) {
    this.matrix = matrix;
    this.brightness = brightness;
    this.schedule();
  }

  dark() {
    this.matrix = null;
    this.schedule();
  }

  schedule() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.draw();
    });
  }

  colour(x, y) {
    const m = this.matrix;
    if (m === null) return null;
    if (this.colours === "full") {
      const at = (y * this.width + x) * 3;
      return m[at] + m[at + 1] + m[at + 2] ? [m[at], m[at + 1], m[at + 2]] : null;
    }
    const row = (this.width + 7) >> 3;
    const bit = (plane) => (m[plane * row * this.height + y * row + (x >> 3)] >> (7 - (x & 7))) & 1;
    if (this.colours === "mono") return bit(0) ? [255, 46, 24] : null;
    const red = bit(0);
    const green = bit(1);
    return red || green ? [red ? 255 : 20, green ? (red ? 176 : 220) : 46, green && !red ? 60 : 24] : null;
  }

  draw() {
    if (!this.mask) return;
    const data = this.pixels.data;
    const level = 0.6 + 0.4 * (this.brightness / 255);
    for (let y = 0, at = 0; y < this.height; y += 1) {
      for (let x = 0; x < this.width; x += 1, at += 4) {
        const lit = this.colour(x, y);
        data[at] = lit ? lit[0] * level : 34;
        data[at + 1] = lit ? lit[1] * level : 20;
        data[at + 2] = lit ? lit[2] * level : 20;
        data[at + 3] = 255;
      }
    }
    this.lights.getContext("2d").putImageData(this.pixels, 0, 0);
    const context = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 1;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.lights, 0, 0, width, height);
    context.drawImage(this.mask, 0, 0);
    context.globalCompositeOperation = "lighter";
    context.globalAlpha = 0.22;
    context.imageSmoothingEnabled = true;
    context.drawImage(this.lights, 0, 0, width, height);
  }
}
