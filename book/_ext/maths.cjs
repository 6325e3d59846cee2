// Answers each line of JSON {tex, display} with a line of JSON {mathml} or {error}; run by maths.py.
const temml = require(process.argv[2]);

require("node:readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { tex, display } = JSON.parse(line);
    let answer;
    try {
      answer = { mathml: temml.renderToString(tex, { displayMode: display, throwOnError: true }) };
    } catch (error) {
      answer = { error: String(error.message ?? error) };
    }
    console.log(JSON.stringify(answer));
  });
