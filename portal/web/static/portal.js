// What makes the pages easier; every page works without it.
import { initAll } from "/static/govuk-frontend.min.js";

initAll();

// A form is sent once, however often its button is pressed. The server would know it again anyway.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
}
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

// Choosing an order needs no second press.
for (const select of document.querySelectorAll("select[data-sends]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
