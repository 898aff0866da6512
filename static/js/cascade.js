// While an objective is handed down: the parts of the whole, added up as they are chosen and typed.
// Without it the server adds them up before anything is created.

const form = document.querySelector("form[data-cascade]");
const parts = document.getElementById("parts");
const units = [...(form?.querySelectorAll(".cascade-unit") ?? [])];

// "1,234.5" and "−2" as numbers; NaN for what only the server can read.
function read(text) {
  const plain = text.trim().replaceAll(/[\s,](?=\d{3}(\D|$))/g, "").replace("−", "-").replace(",", ".");
  return plain === "" ? null : Number(plain);
}

function written(number, decimals) {
  return number.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: Math.max(decimals, 6) }).replace("-", "−");
}

// Shares rounded so that they still add up: the largest remainders get what is left.
function apportioned(total, weights, decimals) {
  const scale = 10 ** decimals, whole = weights.reduce((sum, weight) => sum + weight, 0);
  const steps = Math.round(total * scale);
  const quotas = weights.map((weight) => steps * weight / whole);
  const found = quotas.map(Math.floor);
  const order = quotas.map((_, i) => i).sort((a, b) => (found[a] - quotas[a]) - (found[b] - quotas[b]) || a - b);
  for (const i of order.slice(0, steps - found.reduce((sum, part) => sum + part, 0))) found[i] += 1;
  return found.map((part) => part / scale);
}

const isChosen = (unit) => unit.querySelector('input[value="kpi"]')?.checked;

function show() {
  const whole = Number(parts.dataset.whole), decimals = Number(parts.dataset.decimals);
  const chosen = units.filter(isChosen);
  const blanks = chosen.filter((unit) => read(unit.querySelector("[data-target]").value) === null);
  const typed = chosen.filter((unit) => !blanks.includes(unit)).map((unit) => read(unit.querySelector("[data-target]").value));
  const held = units.filter((unit) => !chosen.includes(unit) && unit.dataset.held).map((unit) => Number(unit.dataset.held));
  const taken = [...typed, ...held].reduce((sum, value) => sum + value, 0);
  const weights = blanks.map((unit) => read(unit.querySelector("[data-share]").value) ?? 0);
  const canSplit = (whole - taken) * whole > 0 && weights.some((weight) => weight > 0) && weights.every((weight) => weight >= 0);
  const shares = canSplit ? apportioned(whole - taken, weights, decimals) : blanks.map(() => null);
  blanks.forEach((unit, i) => { unit.querySelector("[data-target]").placeholder = shares[i] === null ? "type one" : written(shares[i], decimals); });
  const sum = shares.reduce((total, share) => total + (share ?? 0), taken);
  const left = Number((whole - sum).toFixed(9));
  parts.hidden = false;
  parts.className = left === 0 ? "is-whole" : left * whole > 0 ? "is-less" : "is-more";
  const about = left === 0 ? "the whole" : `${written(Math.abs(left), decimals)} ${left * whole > 0 ? "left" : "too much"}`;
  parts.textContent = Number.isNaN(sum) ? "one of the targets is no number" : `${written(sum, decimals)} of ${written(whole, decimals)}: ${about}`;
}

if (form && parts) {
  form.addEventListener("input", show);
  show();
}
