// The first start: proposes a code made of the name, and the time zone of this computer.

const form = document.querySelector("form[data-start]");
const { organization, code, time_zone: zone } = form.elements;
const LONGEST = 40;

// As the server makes it of a name when the field is left empty.
function suggested(name) {
  const letters = name.normalize("NFKD").toLowerCase().replace(/[^\x00-\x7f]/g, "");
  return letters.replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+/, "").slice(0, LONGEST).replace(/_+$/, "");
}

let proposed = code.value === suggested(organization.value) ? code.value : "";
organization.addEventListener("input", () => {
  if (code.value !== proposed) return; // somebody has written one
  proposed = suggested(organization.value);
  code.value = proposed;
});

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isOffered = [...zone.options].some((option) => option.value === here);
if (isOffered && !document.querySelector('[role="alert"]')) zone.value = here;
