// Looks at the status page in Chromium, as web/browser_test.go asks: prints one
// line for each thing that is wrong, and nothing where nothing is.
//
//   node check.mjs layout|axe URL...        pages to look at, each a NAME=URL
//   node check.mjs live URL CONTROL         a page, and where its server is told what to answer
//   node check.mjs picture URL FILE WIDTH   a picture of a page
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const widths = [320, 375, 600, 768, 834, 1024, 1280, 1920];
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const [what, ...args] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags });
try {
  await { layout, axe, live, picture }[what](...args);
} finally {
  await browser.close();
}

function wrong(...words) {
  console.log(words.join(" "));
}

function named(argument) {
  const cut = argument.indexOf("=");
  return [argument.slice(0, cut), argument.slice(cut + 1)];
}

// layout: nothing is wider than the window, nothing is cut off at its side, and no cell has a
// label without anything behind it.
async function layout(...pages) {
  const page = await browser.newPage();
  for (const [name, url] of pages.map(named)) {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(url);
      const found = await page.evaluate(() => {
        const room = document.documentElement.clientWidth;
        const out = [...document.querySelectorAll("body *")].filter((e) => {
          const box = e.getBoundingClientRect();
          return box.width > 1 && (box.right > room + 0.5 || box.left < -0.5);
        }).map((e) => `${e.tagName.toLowerCase()}.${e.className} to ${Math.round(e.getBoundingClientRect().right)}`);
        const bare = [...document.querySelectorAll("td[data-label]")].filter((e) => !e.innerText.trim() &&
          e.getClientRects().length && getComputedStyle(e, "::before").content !== "none").map((e) => e.dataset.label);
        return { bare: bare.slice(0, 4), wide: document.documentElement.scrollWidth, room, out: out.slice(0, 4) };
      });
      if (found.wide > found.room || found.out.length) {
        wrong(name, `at ${width}: ${found.wide} px wide;`, found.out.join(", "));
      }
      if (found.bare.length) wrong(name, `at ${width}: nothing is behind`, found.bare.join(", "));
    }
  }
}

// axe: no violation of any rule, in both colour schemes, wide and narrow.
async function axe(...pages) {
  const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [375, 1280]) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
      const page = await context.newPage();
      for (const [name, url] of pages.map(named)) {
        await page.goto(url);
        await page.evaluate(source);
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        for (const v of violations) wrong(name, colorScheme, width, v.id, v.impact, v.nodes[0].html.slice(0, 200));
      }
      await context.close();
    }
  }
}

// live: what the page does while it stands there. CONTROL takes what the server
// answers from then on, and tells how often it was asked.
async function live(url, control) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 300 } });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("console", (m) => {
    if (m.type() === "error" && !m.text().startsWith("Failed to load resource")) complaints.push(m.text());
  });
  await page.clock.install();
  await page.goto(url);
  const answer = async (kind) => Number(await (await fetch(`${control}?answer=${kind}`)).text());
  const turn = async () => {
    const asked = page.waitForEvent("requestfinished", { timeout: 5000 }).catch(() => page.waitForTimeout(200));
    await page.clock.fastForward(15_500);
    await asked;
    await page.waitForTimeout(150);
  };
  const see = async (when, expected) => {
    const seen = {
      title: await page.title(), lost: await page.locator("#lost").isVisible(),
      shown: await page.locator("#board").innerText(), typed: await page.locator("input[type=search]").inputValue().catch(() => ""),
    };
    for (const [key, value] of Object.entries(expected)) {
      const ok = value instanceof RegExp ? value.test(seen[key]) : seen[key] === value;
      if (!ok) wrong(`${when}: ${key} is ${JSON.stringify(seen[key]).slice(0, 300)}, want ${value}`);
    }
  };

  await see("first", { lost: false, shown: /Jane Doe/ });
  await page.locator("input[type=search]").fill("jan");
  await page.evaluate(() => { globalThis.here = true; scrollTo(0, 120); });
  await answer("changed");
  await turn();
  await see("changed", { lost: false, shown: /Ada Changed/, typed: "jan", title: /^\(1\)/ });
  if (await page.evaluate(() => document.activeElement.name) !== "q") wrong("the focus has left the search");
  const scrolled = await page.evaluate(() => scrollY);
  if (scrolled !== 120) wrong("the page has scrolled to", scrolled);
  await turn(); // answered with 304
  await see("unchanged", { lost: false, shown: /Ada Changed/, typed: "jan", title: /^\(1\)/ });

  for (const kind of ["broken", "away", "elsewhere", "foreign"]) {
    await answer(kind);
    await turn();
    await see(kind, { lost: true, shown: /Ada Changed/ });
    await answer("first");
    await turn();
    await see(`after ${kind}`, { lost: false, shown: /Jane Doe/ });
    await answer("changed");
    await turn();
  }

  await page.evaluate(() => getSelection().selectAllChildren(document.querySelector("h1")));
  await answer("first");
  await turn();
  await see("selected", { shown: /Ada Changed/ });
  await page.evaluate(() => getSelection().removeAllRanges());

  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  const before = await answer("first");
  await page.clock.fastForward(120_000);
  if (await answer("first") !== before) wrong("a hidden page asks");
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: false, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await page.waitForTimeout(300);
  await see("visible again", { shown: /Jane Doe/ });

  if (!await page.evaluate(() => globalThis.here)) wrong("the page was loaded as a whole");
  await answer("updated");
  await turn();
  await page.waitForTimeout(300);
  if (await page.evaluate(() => globalThis.here)) wrong("an updated deskd's page is not loaded");

  const still = await context.newPage();
  await still.goto(`${url}?still=1`);
  if (await still.locator("script").count() || await still.locator("#rhythm").count()) wrong("a still page refreshes");
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const mute = await plain.newPage();
  await mute.goto(url);
  if (!/not refreshing/.test(await mute.locator("#now").innerText()) || /every 15 s/.test(await mute.locator("#now").innerText())) {
    wrong("without scripts:", await mute.locator("#now").innerText());
  }
  complaints.forEach((c) => wrong("console:", c));
}

async function picture(url, file, width, height = "900") {
  const page = await browser.newPage({ viewport: { width: Number(width), height: Number(height) } });
  await page.goto(url);
  await page.screenshot({ path: file, fullPage: height === "900" });
}
