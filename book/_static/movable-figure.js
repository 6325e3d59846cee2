// The element <movable-figure>: native sliders choose among numbers that the page carries. Nothing is computed here
// but places in the drawing; a new kind of figure is one more function in `kinds`.
(() => {
  if (customElements.get("movable-figure")) return;

  const across = (frame, x) =>
    frame.left + ((x - frame.x[0]) / (frame.x[1] - frame.x[0])) * (frame.right - frame.left);

  const down = (frame, y) => {
    const place = frame.bottom - ((y - frame.y[0]) / (frame.y[1] - frame.y[0])) * (frame.bottom - frame.top);
    return Math.min(Math.max(place, -3 * frame.height), 4 * frame.height);
  };

  const path = (frame, x, y) => {
    let pen = "M";
    let result = "";
    x.forEach((at, i) => {
      if (y[i] === null) {
        pen = "M";
        return;
      }
      result += `${pen}${across(frame, at).toFixed(1)} ${down(frame, y[i]).toFixed(1)}`;
      pen = "L";
    });
    return result;
  };

  const place = (circle, frame, x, y) => {
    circle.setAttribute("visibility", y === null ? "hidden" : "visible");
    circle.setAttribute("cx", across(frame, x).toFixed(1));
    circle.setAttribute("cy", y === null ? "0" : down(frame, y).toFixed(1));
  };

  const words = (value) => (value === null ? "not finite" : String(value).replace("-", "−"));

  // Each kind moves the parts of its drawing to the sliders' positions and returns the readout.
  const kinds = {
    curves(part, data, [position, point]) {
      const rows = data.curves.map((curve) => curve.y[position]);
      rows.forEach((row, i) => part(`line-${i}`).setAttribute("d", path(data.frame, data.x, row)));
      let where = `${data.labels[0]} = ${data.texts[0][position]}`;
      const clauses = [];
      if (data.marker) {
        const column = data.marker[point];
        const at = data.x[column];
        part("guide").setAttribute("d", `M${across(data.frame, at).toFixed(1)} ${data.frame.top}V${data.frame.bottom}`);
        rows.forEach((row, i) => place(part(`point-${i}`), data.frame, at, row[column]));
        where = `${data.labels[1]} = ${data.texts[1][point]} and ${where}`;
        clauses.push(data.curves.map((curve, i) => `${curve.name} ${words(rows[i][column])}`).join(", "));
      }
      data.minima.forEach((lowest, i) => {
        const [least, at] = lowest.texts[position];
        place(part(`minimum-${i}`), data.frame, lowest.x[position], lowest.y[position]);
        clauses.push(`the least ${lowest.name}, ${least}, is at ${data.xlabel} = ${at}`);
      });
      return `With ${where}${clauses.length ? `: ${clauses.join("; ")}` : ""}.`;
    },
  };

  customElements.define(
    "movable-figure",
    class extends HTMLElement {
      connectedCallback() {
        this.data = JSON.parse(this.querySelector("script[type='application/json']").textContent);
        this.addEventListener("input", this);
        this.addEventListener("keydown", this);
        this.move();
      }

      handleEvent(event) {
        // JupyterLab takes the arrow keys for itself unless they stop here.
        if (event.type === "keydown" && event.target.type === "range" && event.key !== "Tab") event.stopPropagation();
        if (event.type === "input") this.move();
      }

      move() {
        const inputs = [...this.querySelectorAll("input[type=range]")];
        const positions = inputs.map((input) => Number(input.value));
        inputs.forEach((input, i) => {
          const text = this.data.texts[i][positions[i]];
          input.setAttribute("aria-valuetext", text);
          input.nextElementSibling.textContent = text;
        });
        const part = (name) => this.querySelector(`[data-part="${name}"]`);
        const readout = kinds[this.data.kind](part, this.data, positions);
        this.querySelector("output").textContent = readout;
      }
    },
  );
})();
