// A recording that is too large or too long is refused before it is sent, in words.
"use strict";
(() => {
  const file = document.getElementById("file");
  if (!file) return;
  const fault = document.getElementById("file-fault");

  function refuse(words) {
    file.value = "";
    fault.textContent = words;
    fault.hidden = false;
  }

  function lengthOf(chosen) {
    return new Promise((done) => {
      const sound = new Audio();
      const finish = (seconds) => { URL.revokeObjectURL(sound.src); done(seconds); };
      sound.preload = "metadata";
      sound.addEventListener("loadedmetadata", () => finish(sound.duration));
      sound.addEventListener("error", () => finish(0)); // the hub will say what is wrong with it
      sound.src = URL.createObjectURL(chosen);
    });
  }

  file.addEventListener("change", async () => {
    fault.hidden = true;
    const chosen = file.files[0];
    if (!chosen) return;
    const seconds = await lengthOf(chosen);
    if (file.files[0] !== chosen) return;
    if (Number.isFinite(seconds) && seconds > Number(file.dataset.longestS)) refuse(file.dataset.long + Math.round(seconds / 60));
    else if (chosen.size > Number(file.dataset.mostBytes)) refuse(file.dataset.large);
  });
})();
