// Of the schedule, only the fields that the chosen one needs.

const form = document.querySelector("[data-source-form]");

function show() {
  form.querySelectorAll("[data-needs]").forEach((part) => {
    const chosen = form.elements[part.dataset.needs].value;
    part.hidden = !part.dataset.needed.split(" ").includes(chosen);
  });
}

form.addEventListener("change", show);
show();
