// Shares follow the weights while they are typed; the server computes them again on saving.

const WEIGHT = /^\d+(\.\d+)?$/;

function shareText(weight, total, share) {
  if (share.dataset.kind === "contribution" && weight === 0) return "context only";
  const percent = total > 0 ? (weight / total) * 100 : 0;
  const rounded = percent > 0 && percent < 1 ? "<1" : percent < 100 ? Math.min(Math.round(percent), 99) : 100;
  return `${rounded} % of the ${share.dataset.share}`;
}

document.addEventListener("input", (event) => {
  const group = event.target.dataset?.group;
  if (!group) return;
  const fields = [...document.querySelectorAll(`[data-group="${CSS.escape(group)}"]`)];
  const weights = fields.map((field) => (WEIGHT.test(field.value.trim()) ? Number(field.value) : NaN));
  const total = weights.reduce((sum, weight) => sum + (weight || 0), 0);
  fields.forEach((field, index) => {
    const share = field.closest("tr").querySelector("[data-share]");
    share.textContent = Number.isNaN(weights[index]) ? "–" : shareText(weights[index], total, share);
  });
});
