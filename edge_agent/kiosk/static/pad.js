"use strict";
// Writing without a keyboard: pinyin on a pad, words and characters to choose from, digits.
(() => {
  const box = document.getElementById("typing");
  const text = document.getElementById("text");
  const opener = document.getElementById("typing-open");
  if (!box || !text || !opener) return;
  const spelled = document.getElementById("spelled");
  const list = document.getElementById("candidates");
  const A_PAGE = 10;
  let table = null;
  let letters = "";
  let start = 0;

  // [what to write, how many letters it uses up]; whole words first, then single characters.
  function candidates() {
    if (!letters || !table) return [];
    const found = [];
    const inside = [];
    for (const [phrase, full, initials] of table.phrases) {
      if (full === letters || initials === letters) found.push([phrase, letters.length]);
      else if (letters.length > 1 && (full.startsWith(letters) || initials.startsWith(letters))) inside.push([phrase, letters.length]);
    }
    found.push(...inside);
    for (let length = Math.min(6, letters.length); length > 0; length -= 1) {
      const chars = table.chars[letters.slice(0, length)];
      if (chars) {
        found.push(...[...chars].map((char) => [char, length]));
        return found;
      }
    }
    for (const [syllable, chars] of Object.entries(table.chars)) {
      if (syllable.startsWith(letters)) found.push(...[...chars].slice(0, 4).map((char) => [char, letters.length]));
    }
    return found;
  }

  function button(word, act, kind) {
    const key = document.createElement("button");
    key.type = "button";
    key.className = `key ${kind}`;
    key.textContent = word;
    key.addEventListener("click", act);
    return key;
  }

  function draw() {
    spelled.textContent = letters || "　";
    const all = candidates();
    if (start >= all.length) start = 0;
    const shown = all.slice(start, start + A_PAGE).map(([word, used]) => button(word, () => {
      write(word);
      letters = letters.slice(used);
      start = 0;
      draw();
    }, "candidate"));
    if (all.length > A_PAGE) {
      shown.push(button("更多", () => {
        start += A_PAGE;
        draw();
      }, "more"));
    }
    list.replaceChildren(...shown);
  }

  function write(word) {
    text.value = (text.value + word).slice(0, text.maxLength);
    text.scrollTop = text.scrollHeight;
  }

  box.querySelectorAll("[data-letter]").forEach((key) => key.addEventListener("click", () => {
    letters = (letters + key.dataset.letter).slice(0, 24);
    start = 0;
    draw();
  }));
  box.querySelectorAll("[data-write]").forEach((key) => key.addEventListener("click", () => write(key.dataset.write)));
  document.getElementById("typing-back").addEventListener("click", () => {
    if (letters) letters = letters.slice(0, -1);
    else text.value = [...text.value].slice(0, -1).join("");
    start = 0;
    draw();
  });

  opener.addEventListener("click", async () => {
    box.hidden = !box.hidden;
    opener.setAttribute("aria-expanded", String(!box.hidden));
    opener.querySelector("span").textContent = box.hidden ? "打开拼音键盘" : "收起拼音键盘";
    if (!box.hidden) {
      table ??= await (await fetch("/static/pad.json")).json();
      draw();
      text.scrollIntoView({ block: "start" });
    }
  });
  opener.hidden = false;
})();
