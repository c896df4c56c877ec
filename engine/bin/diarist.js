#!/usr/bin/env node
// Checks Node before anything that an older one can't read is loaded.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  const { main } = await import('../dist/cli/main.js');
  await main(process.argv.slice(2));
} else {
  process.stderr.write(
    `diarist: Node 22.18 or newer is needed, and this is ${process.versions.node}: install it from https://nodejs.org, ` +
      'or run npx --package=node@24 --package=diarist diarist …\n',
  );
  process.exitCode = 2;
}
