// The form of the decision aid. Made by Rollbook; do not edit.
// It compares what is given with the table in decide-data.js, as `rollbook decide` does.
"use strict";
(() => {
  const table = window.rollbookDecide;
  const place = document.getElementById("rollbook-decide");
  if (!table || !place) return;

  // The keys of many telephones have a comma and no point; with three digits behind it, it could
  // part thousands.
  const NUMBER = /^[0-9]{1,9}(\.[0-9]{1,6}|,[0-9]{1,2})?$/;
  const rank = (id) => {
    const at = table.severities.findIndex((s) => s.id === id);
    return at < 0 ? table.severities.length : at;
  };

  // What is given -> what follows; the same as `answer` in Python.
  function answer(given) {
    const met = [];
    const notMet = [];
    for (const condition of table.conditions) {
      if (condition.option === null) {
        if (given.triggers.includes(condition.id)) met.push(condition);
      } else if (given.figures.has(condition.option)) {
        (crossed(condition, given.figures.get(condition.option)) ? met : notMet).push(condition);
      }
    }
    met.sort((a, b) => rank(a.severity) - rank(b.severity));
    const level = table.severities.find((s) => met.length && s.id === met[0].severity) || null;
    const holds = new Set(met.flatMap((c) => c.triggers));
    let ways = [];
    if (level || given.cases.length) {
      ways = table.choices.filter((w) => !w.otherwise && applies(w, level, holds, given));
      if (!ways.length) ways = table.choices.filter((w) => w.otherwise);
    }
    return { level, met, notMet, ways, others: table.choices.filter((w) => !ways.includes(w)) };
  }

  // The figure itself is still good.
  function crossed(condition, value) {
    return condition.above === null
      ? Number(value) < condition.below
      : Number(value) > condition.above;
  }

  function applies(way, level, holds, given) {
    return (
      (way.case === null || given.cases.includes(way.case)) &&
      (!way.severities.length || (level !== null && way.severities.includes(level.id))) &&
      (!way.triggers.length || way.triggers.some((t) => holds.has(t)))
    );
  }

  function headline(found) {
    if (!found.level) return found.met.length ? table.words.only_alert : table.words.no_reason;
    return `${found.level.title}. ${found.level.verdict || ""}`.trimEnd();
  }

  // Elements are made, never parsed: a text of the content stays a text.
  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  function group(title, parts) {
    return make("fieldset", {}, make("legend", {}, title), ...parts);
  }

  const figures = table.metrics.map((metric) => {
    const unit = metric.unit.trim();
    const id = `rollbook-figure-${metric.option}`;
    const input = make("input", {
      id, name: metric.option, inputmode: "decimal", autocomplete: "off", size: "8",
      "aria-describedby": `${id}-wrong`,
    });
    const wrong = make("span", { id: `${id}-wrong`, class: "rd-wrong" });
    const words = unit === "x" ? "times the normal" : unit;
    const row = make("div", { class: "rd-row" },
      make("label", { for: id }, metric.title), make("span", {}, input, ` ${words}`), wrong);
    return { metric, unit, input, wrong, row };
  });

  function boxes(name, items) {
    return items.map(([value, words]) => {
      const input = make("input", { type: "checkbox", name, value });
      return { input, row: make("label", { class: "rd-box" }, input, ` ${words}`) };
    });
  }

  const triggers = boxes("trigger",
    table.conditions.filter((c) => c.option === null).map((c) => [c.id, c.words]));
  const cases = boxes("case", table.choices.filter((w) => w.case !== null).map((w) => [w.case, w.when]));
  // Only the headline is read out at each change; the rest is there to be read.
  const head = make("p", { class: "rd-head", "aria-live": "polite" });
  const more = make("a", { href: "#rollbook-answer" }, "Why, who, and how");
  const result = make("div", { class: "rd-result", id: "rollbook-answer", tabindex: "-1" });

  // The links of the page itself to sections of the document, by anchor: so the address is right
  // however the page was made. They stand below this script, and are there when somebody asks.
  function links() {
    const found = new Map();
    for (const link of document.querySelectorAll("a[href]")) {
      const at = link.pathname !== location.pathname && decoded(link.hash.slice(1));
      if (at && !found.has(at)) found.set(at, link.getAttribute("href"));
    }
    return found;
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  function read() {
    const given = { figures: new Map(), triggers: [], cases: [], wrong: 0 };
    for (const { metric, unit, input, wrong } of figures) {
      let text = input.value.trim();
      if (unit && text.endsWith(unit)) text = text.slice(0, -unit.length).trim();
      let said = "";
      if (text && !NUMBER.test(text)) said = "not a number such as 12 or 1.5";
      else if (text && metric.percent && Number(text.replace(",", ".")) > 100) said = "more than 100 %";
      wrong.textContent = said;
      input.setAttribute("aria-invalid", String(Boolean(said)));
      if (said) given.wrong += 1;
      else if (text) given.figures.set(metric.option, text.replace(",", "."));
    }
    given.triggers = triggers.filter((b) => b.input.checked).map((b) => b.input.value);
    given.cases = cases.filter((b) => b.input.checked).map((b) => b.input.value);
    return given;
  }

  function list(title, name, items) {
    if (!items.length) return [];
    return [make("h2", {}, title), make("ul", { "data-list": name }, ...items)];
  }

  function wordsOf(condition, given) {
    if (condition.option === null) return condition.words;
    const unit = table.metrics.find((m) => m.option === condition.option).unit;
    return `${condition.words}: ${given.figures.get(condition.option)}${unit} was given`;
  }

  function reason(condition, given) {
    const level = table.severities.find((s) => s.id === condition.severity);
    const title = level ? level.title : condition.says.length ? "Alert only" : "No severity";
    const lines = [...condition.says, ...condition.notes].map((line) => make("li", {}, line));
    return make("li", { "data-id": condition.id },
      make("strong", {}, `${title}: ${wordsOf(condition, given)}`), make("ul", {}, ...lines));
  }

  function titleOf(found, sections) {
    const href = found.anchor !== null && sections.get(found.anchor);
    return href ? make("a", { href }, found.title) : found.title;
  }

  function way(found, sections) {
    const parts = [make("strong", {}, titleOf(found, sections), `: ${found.when}`)];
    if (found.warning) parts.push(make("p", {}, `WARNING: ${found.warning}`));
    if (found.command) parts.push(make("pre", {}, make("code", {}, found.command)));
    else parts.push(make("p", {}, table.words.by_hand));
    return make("li", { "data-id": found.id }, ...parts);
  }

  function show() {
    const given = read();
    const asked = given.figures.size || given.triggers.length || given.cases.length;
    const found = !given.wrong && asked ? answer(given) : null;
    result.replaceChildren();
    result.removeAttribute("data-severity");
    result.hidden = more.hidden = !found;
    const said = found ? headline(found)
      : given.wrong ? "Mend the figures that are marked; until then there is no answer."
      : "Say above what you know.";
    // The same words again would be read out again.
    if (head.textContent !== said) head.textContent = said;
    if (!found) return;
    const sections = links();
    result.setAttribute("data-severity", found.level ? found.level.id : "");
    result.append(
      ...list("Why", "reasons", found.met.map((c) => reason(c, given))),
      ...list("Not met", "not_met", found.notMet.map((c) => make("li", { "data-id": c.id }, wordsOf(c, given)))),
      ...list("Who may trigger it", "authority",
        table.authority.map((a) => make("li", {}, `${a.title}: ${a.lines.join("; ")}`))),
      ...list(found.level ? table.words.how : table.words.how_all_the_same, "procedures", found.ways.map((w) => way(w, sections))),
      ...(found.ways.some((w) => w.command) ? [make("p", {}, table.words.scripts)] : []),
      ...list("In another case", "other_procedures",
        found.others.map((w) => make("li", { "data-id": w.id }, `${w.when}: `, titleOf(w, sections)))),
      make("p", {}, table.words.not_asked),
    );
  }

  const style = make("style", {}, `
    #rollbook-decide fieldset { border: 1px solid currentColor; border-radius: 4px; margin: 0 0 1em; padding: .6em 1em; }
    #rollbook-decide legend { font-weight: bold; padding: 0 .4em; }
    #rollbook-decide .rd-row { display: flex; flex-wrap: wrap; gap: .2em 1em; align-items: center; margin: .3em 0; }
    #rollbook-decide .rd-row label { flex: 0 1 15em; }
    #rollbook-decide .rd-row input { font: inherit; color: inherit; background: transparent; border: 1px solid currentColor; border-radius: 4px; padding: .3em .5em; width: 6em; }
    /* The theme takes the ring away; and the answer in sight must not cover what has it. */
    #rollbook-decide input { scroll-margin: 5em 0 8em; }
    #rollbook-decide input:focus-visible, #rollbook-decide a:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
    #rollbook-decide .rd-box { display: block; margin: .3em 0; padding-left: 1.6em; text-indent: -1.6em; }
    #rollbook-decide .rd-wrong { font-weight: bold; }
    /* The answer is in sight while the form is filled in. */
    #rollbook-decide .rd-now { position: sticky; bottom: 0; z-index: 1; border: solid currentColor; border-width: 1px 0 0 4px; padding: .5em 1em; background: var(--md-default-bg-color, Canvas); }
    #rollbook-decide .rd-head { font-size: 1.3em; font-weight: bold; line-height: 1.3; margin: 0; }
    #rollbook-decide .rd-result { border-left: 4px solid currentColor; padding: .2em 1em; margin: 0 0 1em; scroll-margin-top: 3em; outline: none; }
    #rollbook-decide .rd-now a, #rollbook-decide .rd-result a { text-decoration: underline; }
    @media print { #rollbook-decide .rd-now { position: static; } #rollbook-decide .rd-now a { display: none; } }
    #rollbook-decide pre code { white-space: pre-wrap; }
  `);
  const form = make("form", {},
    ...(figures.length ? [group("Figures", figures.map((f) => f.row))] : []),
    ...(triggers.length ? [group("What holds", triggers.map((b) => b.row))] : []),
    ...(cases.length ? [group("Which case", cases.map((b) => b.row))] : []));
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  place.append(style, form, make("div", { class: "rd-now" }, head, more), result);
  show();
})();
