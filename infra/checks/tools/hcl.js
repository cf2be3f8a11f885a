// Reads Terraform files with HashiCorp's parser and prints, as one JSON object, for each its blocks or
// what is wrong with it: node hcl.js <node_modules> <file>...
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const [modules, ...files] = process.argv.slice(2);
const { parse } = require(join(modules, "@cdktf", "hcl2json"));

async function read(file) {
  try {
    return { blocks: await parse(file, readFileSync(file, "utf8")) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

(async () => {
  const answers = {};
  for (const file of files) answers[file] = await read(file); // in turn: there is one parser
  process.stdout.write(JSON.stringify(answers), () => process.exit(0));
})();
