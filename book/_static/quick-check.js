// The quick check: each form answers what its reader chose, with feedback taken from the folded part below it.
(() => {
  const memory = pageMemory("quick-check");

  const inputs = (form) => [...form.querySelectorAll("input")];
  const answers = (form) => form.nextElementSibling;
  const isNumber = (form) => "key" in form.dataset;

  // What was given, as the list of chosen values or the list with the typed text; empty when there is no answer.
  const given = (form) =>
    isNumber(form)
      ? inputs(form).map((input) => input.value.trim()).filter(Boolean)
      : inputs(form).filter((input) => input.checked).map((input) => input.value);

  const give = (form, values) => {
    for (const input of inputs(form)) {
      if (isNumber(form)) input.value = values[0] ?? "";
      else input.checked = values.includes(input.value);
    }
  };

  const toNumber = (text) => {
    const plain = text.replace("−", "-").replace(",", ".");
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  };

  const formError = (form, values) => {
    if (!isNumber(form)) return values.length ? "" : "Choose an answer first.";
    if (Number.isFinite(toNumber(values[0] ?? ""))) return "";
    return (values[0] ?? "").includes("/")
      ? "Type a decimal number, such as 1.25, not a fraction."
      : "Type a number first, such as −0.5.";
  };

  const replies = (form) => [...answers(form).querySelectorAll("[data-when]")];
  const isRight = (reply) => reply.dataset.right === "true";

  // Whether the answer is right, and the replies that fit it.
  const assess = (form, values) => {
    const all = replies(form);
    if (isNumber(form)) {
      const near = (number) => Math.abs(toNumber(values[0]) - number) <= Number(form.dataset.tolerance);
      const when = (reply) => reply.dataset.when;
      const fit = near(Number(form.dataset.key))
        ? all.find((reply) => when(reply) === "right")
        : all.find((reply) => Number.isFinite(Number(when(reply))) && near(Number(when(reply)))) ??
          all.find((reply) => when(reply) === "wrong");
      return { correct: isRight(fit), fitting: [fit] };
    }
    const fitting = all.filter((reply) => values.includes(reply.dataset.when));
    const rights = all.filter(isRight);
    const correct = fitting.every(isRight) && fitting.length === rights.length;
    const incomplete = all.find((reply) => reply.dataset.when === "incomplete");
    if (incomplete && !correct && fitting.every(isRight)) fitting.push(incomplete);
    return { correct, fitting };
  };

  // A copy for the status; ids stay with the original.
  const copy = (node) => {
    const clone = node.cloneNode(true);
    for (const inner of [clone, ...clone.querySelectorAll("[id]")]) inner.removeAttribute("id");
    return clone;
  };

  const paragraph = (text, css) => {
    const result = document.createElement("p");
    result.textContent = text;
    result.className = css;
    return result;
  };

  const clear = (form) => {
    form.classList.remove("quiz-right", "quiz-wrong");
    for (const input of inputs(form)) input.closest("li")?.classList.remove("quiz-right", "quiz-wrong");
    form.querySelector(".quiz-status").replaceChildren();
  };

  const show = (form, values) => {
    clear(form);
    const status = form.querySelector(".quiz-status");
    const error = formError(form, values);
    if (error) {
      status.append(paragraph(error, "quiz-verdict"));
      return;
    }
    const { correct, fitting } = assess(form, values);
    form.classList.add(correct ? "quiz-right" : "quiz-wrong");
    for (const input of inputs(form).filter((box) => box.checked)) {
      const reply = fitting.find((one) => one.dataset.when === input.value);
      input.closest("li").classList.add(isRight(reply) ? "quiz-right" : "quiz-wrong");
    }
    status.append(paragraph(correct ? "✓ Correct" : "✗ Not correct yet", "quiz-verdict"));
    for (const reply of fitting) {
      status.append(copy(form.dataset.kind === "several" ? reply : reply.querySelector(".quiz-feedback")));
    }
    const read = answers(form).querySelector(".quiz-read");
    if (read && !correct) status.append(copy(read));
  };

  const start = (quiz) => {
    const forms = [...quiz.querySelectorAll(".quiz-question")];
    const footer = quiz.querySelector(".quiz-footer");
    const score = () => {
      const right = forms.filter((form) => form.classList.contains("quiz-right")).length;
      const output = footer.querySelector(".quiz-score");
      const text = `${right} of ${forms.length} correct`;
      if (output.textContent !== text) output.textContent = text; // else screen readers repeat it at every key
    };

    for (const form of forms) {
      form.querySelector(".quiz-check").hidden = false;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        show(form, given(form));
        const { version } = form.dataset;
        memory.write({ ...memory.read(), [form.id]: { version, values: given(form) } });
        score();
      });
      form.addEventListener("input", () => {
        clear(form);
        score();
      });
      // An answer to another version of the question would now mean something else.
      const remembered = memory.read()[form.id];
      if (remembered?.version === form.dataset.version && remembered.values.length) {
        give(form, remembered.values);
        show(form, given(form));
      }
      // From now on: what is remembered is no news to read out.
      form.querySelector(".quiz-status").setAttribute("role", "status");
    }

    quiz.classList.add("quiz-live");
    footer.hidden = false;
    footer.querySelector(".quiz-reset").addEventListener("click", () => {
      const kept = memory.read();
      for (const form of forms) {
        give(form, []);
        clear(form);
        delete kept[form.id];
      }
      memory.write(kept);
      score();
      inputs(forms[0])[0].focus();
    });
    score();
  };

  document.querySelectorAll(".quiz").forEach(start);

  // Paper has every answer open, after the questions. The style does that too, in browsers that can.
  const fold = (open) => document.querySelectorAll(".quiz-answer").forEach((answer) => (answer.open = open));
  addEventListener("beforeprint", () => fold(true));
  addEventListener("afterprint", () => fold(false));
})();
