"use strict";
// A spoken message: one button starts and stops it; the microphone is open only in between.
(() => {
  const panel = document.getElementById("recording");
  if (!panel || !navigator.mediaDevices || !window.MediaRecorder) return;
  const field = document.getElementById("voice");
  const button = document.getElementById("record");
  const word = button.querySelector("span");
  const state = document.getElementById("record-state");
  const again = document.getElementById("record-play");
  const drop = document.getElementById("record-drop");
  const LONGEST_S = Number(panel.dataset.longest);
  const player = new Audio();
  let recorder = null;
  let clock = 0;

  function release() {
    clearInterval(clock);
    if (recorder) recorder.stream.getTracks().forEach((track) => track.stop());
    recorder = null;
    delete document.documentElement.dataset.reading;
    button.setAttribute("aria-pressed", "false");
    word.textContent = field.value ? "重新说" : word.dataset.start;
  }

  function forget() {
    player.pause();
    URL.revokeObjectURL(player.src);
    field.value = "";
    again.hidden = drop.hidden = true;
    state.textContent = "";
    word.textContent = word.dataset.start;
  }

  function keep(pieces, type, seconds) {
    const sound = new Blob(pieces, { type });
    const reader = new FileReader();
    reader.onload = () => {
      field.value = String(reader.result).slice("data:".length);
      player.src = URL.createObjectURL(sound);
      again.hidden = drop.hidden = false;
      state.textContent = `录好了 ${seconds} 秒，可以先听一遍。`;
      release();
    };
    reader.readAsDataURL(sound);
  }

  async function start() {
    forget();
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    } catch {
      state.textContent = "话筒打不开，请点上面的句子，或者按“写几个字”。";
      return;
    }
    const pieces = [];
    let seconds = 0;
    recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus", audioBitsPerSecond: 16000 });
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = () => keep(pieces, "audio/webm", seconds);
    recorder.start(1000);
    // Speaking is using the screen, like being read to: nobody is asked whether he is still there.
    document.documentElement.dataset.reading = "1";
    button.setAttribute("aria-pressed", "true");
    word.textContent = word.dataset.stop;
    const tell = () => { state.textContent = `正在录音，还可以说 ${LONGEST_S - seconds} 秒`; };
    tell();
    clock = setInterval(() => {
      seconds += 1;
      tell();
      if (seconds >= LONGEST_S) stop();
    }, 1000);
  }

  function stop() {
    clearInterval(clock);
    if (recorder && recorder.state !== "inactive") recorder.stop();
  }

  button.addEventListener("click", () => (recorder ? stop() : start()));
  again.addEventListener("click", () => {
    player.currentTime = 0;
    player.play().catch(() => { state.textContent = "这里放不出声音，录音已经在了。"; });
  });
  drop.addEventListener("click", forget);
  document.addEventListener("alarm", stop);
  addEventListener("pagehide", release);
  navigator.mediaDevices.enumerateDevices().then((devices) => {
    panel.hidden = !devices.some((device) => device.kind === "audioinput");
  }).catch(() => {});
})();
