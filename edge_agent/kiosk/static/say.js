"use strict";
// The pad for digits writes into the field that was touched last; one tap on 交上去 is one slip.
(() => {
  const fields = [...document.querySelectorAll("[data-digits]")];
  const form = document.querySelector("form.say");
  if (!form || fields.length === 0) return;
  let active = fields[0];

  function choose(field) {
    active = field;
    fields.forEach((each) => each.classList.toggle("active", fields.length > 1 && each === field));
  }

  fields.forEach((field) => field.addEventListener("focus", () => choose(field)));
  document.querySelectorAll("[data-digit]").forEach((key) => {
    key.addEventListener("click", () => {
      const longest = active.maxLength;
      active.value = key.dataset.digit ? (active.value + key.dataset.digit).slice(0, longest) : active.value.slice(0, -1);
    });
  });
  form.addEventListener("submit", () => {
    form.querySelector(".send").disabled = true;
  });
  choose(active);
})();
