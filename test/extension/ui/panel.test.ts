// The panel and its companions as a person meets them: seen, narrow, enlarged, mirrored, by keyboard, read out.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { galleryPages, overflow, startGallery, violations } from "./gallery-page.ts";
import type { Gallery, Look } from "./gallery-page.ts";

let gallery: Gallery;
beforeAll(async () => {
  gallery = await startGallery();
}, 60_000);
afterAll(async () => await gallery.stop());

async function on<T>(query: string, look: Look, work: (page: Page) => Promise<T>): Promise<T> {
  const page = await gallery.open(query, look);
  try {
    return await work(page);
  } finally {
    await page.close();
  }
}

const overflowY = async (page: Page): Promise<number> =>
  await page.evaluate<number>("document.documentElement.scrollHeight - document.documentElement.clientHeight");

/** Opens what is closed, so that everything is looked at. */
async function unfold(page: Page): Promise<void> {
  await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
}

test.each(galleryPages)(
  "$name: axe-core finds nothing in either scheme, nothing is cut",
  async ({ query, width = 392 }) => {
    await on(query, { width }, async (page) => {
      // Colours that are still changing would be measured in between.
      await page.emulateMedia({ reducedMotion: "reduce" });
      await unfold(page);
      expect(await violations(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      expect(await violations(page)).toEqual([]);
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await overflow(page), "at 320 px").toBe(0);
      await page.setViewportSize({ width: 784, height: 640 });
      await page.addStyleTag({ content: "html{font-size:32px}" });
      expect(await overflow(page), "at 200 %").toBe(0);
    });
  },
);

describe("the complaint, by keyboard alone", () => {
  const press = async (page: Page, ...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = async (page: Page): Promise<string> =>
    await page.evaluate<string>("document.activeElement?.value || document.activeElement?.textContent?.trim() || ''");
  const events = async (page: Page): Promise<unknown> => await page.evaluate("events");

  test("is opened, chosen, reported", async () => {
    await on("fixture=careful", {}, async (page) => {
      await press(page, "Tab", "Tab", "Tab", "Tab");
      expect(await focused(page)).toBe("Not what it says…");
      await press(page, "Enter");
      expect(await focused(page)).toBe("advertising");
      await press(page, "ArrowDown");
      expect(await focused(page)).toBe("newsletter");
      await press(page, "Tab", "Space");
      await press(page, "Tab");
      expect(await focused(page)).toBe("Report");
      await press(page, "Enter");
      expect(await events(page)).toEqual([
        ["report", { code: "unsolicited", actual: null, tellSender: true, moveToJunk: true, unsubscribe: true }],
      ]);
      expect(await page.evaluate("document.activeElement?.closest('.wb-foot') !== null")).toBe(true);
    });
  });

  test("goes one step back by Escape, and the focus with it", async () => {
    await on("fixture=careful", {}, async (page) => {
      await page.getByRole("button", { name: "Not what it says…" }).click();
      expect(await page.getByRole("radio").count()).toBeGreaterThan(3);
      await press(page, "Escape");
      expect(await page.getByRole("radio").count()).toBe(0);
      expect(await focused(page)).toBe("Not what it says…");
    });
  });

  test("asks before a report names the reader, and is off until he says yes", async () => {
    await on("fixture=holds", {}, async (page) => {
      await page.getByRole("button", { name: "Not what it says…" }).click();
      const tell = page.getByRole("checkbox", { name: "Tell the sender too" });
      expect(await tell.isChecked()).toBe(false);
      await page.getByRole("button", { name: "Report" }).click();
      expect(await events(page)).toMatchObject([["report", { tellSender: false }]]);
    });
  });

  test("tells no sender where only the provider can be told", async () => {
    await on("fixture=broken", {}, async (page) => {
      await page.getByRole("button", { name: "Not what it says…" }).click();
      await page.getByRole("button", { name: "Report" }).click();
      expect(await events(page)).toMatchObject([["report", { tellSender: false }]]);
    });
  });

  test("names the purpose it really has", async () => {
    await on("fixture=holds", {}, async (page) => {
      await page.getByRole("button", { name: "Not what it says…" }).click();
      await page.getByRole("radio", { name: "Something else" }).check();
      await page.getByRole("combobox").selectOption("other_political");
      await page.getByRole("button", { name: "Report" }).click();
      expect(await events(page)).toMatchObject([["report", { code: "misrepresented", actual: "political" }]]);
    });
  });

  test.each([
    { name: "nobody to tell, but a Junk folder", input: "channel=none", want: 1 },
    { name: "nobody to tell and no Junk folder", input: "channel=none&junk=absent", want: 0 },
  ])("is offered only where something comes of it: $name", async ({ input, want }) => {
    await on(`fixture=unrecorded&${input}`, {}, async (page) => {
      expect(await page.getByRole("button", { name: "Report…" }).count()).toBe(want);
    });
  });
});

describe("what is read out", () => {
  test("level and sentence are a status, the undo's seconds are not", async () => {
    await on("fixture=careful&state=reported", {}, async (page) => {
      expect(await page.getByRole("status").first().innerText()).toMatch(/^Careful\s+A newsletter/);
      expect(await page.getByRole("timer").getAttribute("aria-live")).toBe("off");
      expect(await page.getByRole("button", { name: "Undo" }).innerText()).toBe("Undo (9:58)");
    });
  });

  test("what is only claimed stands in a list that says so", async () => {
    await on("fixture=holds", {}, async (page) => {
      const claimed = page.getByRole("list", { name: /only claimed/ });
      expect(await claimed.getByRole("listitem").count()).toBe(2);
    });
  });

  test("the headers are text, whatever stands in them", async () => {
    await on("fixture=holds", {}, async (page) => {
      await page.getByRole("button", { name: "Headers" }).click();
      await page.getByText("Subject: <b>Invoice</b> \ufffd\ufffd").waitFor();
      expect(await page.locator("pre b").count()).toBe(0);
    });
  });

  test.each(["show=panel&fixture=careful", "show=panel&fixture=holds", "show=banner&fixture=careful"])(
    "markup in every value is text: %s",
    async (query) => {
      await on(`${query}&markup`, {}, async (page) => {
        await unfold(page);
        const text = await page.locator("#app").innerText();
        expect(text.split("<img src=x").length).toBeGreaterThan(query.includes("banner") ? 1 : 8);
        expect(text).not.toMatch(/[\u202e\u200b]/);
        expect(await page.locator("#app :is(img, script)").count()).toBe(0);
        expect(await page.evaluate("globalThis.broken")).toBeUndefined();
      });
    },
  );

  test("Copy gives every line, opened or not", async () => {
    await on("fixture=holds", {}, async (page) => {
      await page.getByRole("button", { name: "Copy" }).click();
      await page.getByRole("button", { name: "Copied" }).waitFor();
      const [[, text] = []] = await page.evaluate<[string, string][]>("events");
      expect(text).toContain("Holds: An invoice");
      expect(text).toContain("SPF: pass for bank.example");
      expect(text).toContain("○ (only claimed) app7 took it from");
    });
  });
});

test("taking back is called so while it is under way, and the keyboard's place is kept", async () => {
  await on("fixture=careful&state=reported&live", {}, async (page) => {
    await page.getByRole("button", { name: /^Undo/ }).focus();
    await page.keyboard.press("Enter");
    expect(await page.locator(".wb-status").innerText()).toBe("Taking back…");
    const inFoot = "document.activeElement?.closest('.wb-foot') !== null";
    expect(await page.evaluate(inFoot)).toBe(true);
    await page.getByText("Taken back. Nobody counts it.").waitFor();
    expect(await page.evaluate(inFoot)).toBe(true);
  });
});

test("what becomes of a report is said in the place that was there before: else nobody hears it", async () => {
  await on("fixture=careful&live", {}, async (page) => {
    await page.getByRole("button", { name: "Not what it says…" }).click();
    await page.getByRole("button", { name: "Report" }).click();
    await page.evaluate("globalThis.place = document.querySelector('.wb-foot [role=status]')");
    await page.getByText("Reported as advertising.").waitFor();
    expect(await page.evaluate("place.isConnected && place.textContent")).toBe("Reported as advertising.");
    await page.getByRole("button", { name: /^Undo/ }).click();
    await page.getByText("Taken back. Nobody counts it.").waitFor();
    expect(await page.evaluate("place.isConnected && place.textContent")).toMatch(/^Taken back\./);
  });
});

test("what could not be taken back is not called unreported, and can be taken back still", async () => {
  await on("fixture=careful&state=stands", {}, async (page) => {
    expect(await page.locator(".wb-foot").getByRole("status").innerText()).toBe(
      "Not taken back: your provider did not answer. Try again.",
    );
    expect(await page.getByRole("button", { name: "Not what it says…" }).count()).toBe(0);
    await page.getByRole("button", { name: /^Undo/ }).click();
    expect(await page.evaluate("events")).toHaveLength(1);
  });
});

test("when the time to take back runs out, that is said once and the keyboard's place is kept", async () => {
  await on("fixture=careful&state=reported", {}, async (page) => {
    await page.evaluate(`
      globalThis.said = [];
      const place = document.querySelector(".wb-foot [role=status]");
      const look = () => said.at(-1) === place.textContent || said.push(place.textContent);
      new MutationObserver(look).observe(place, { childList: true, characterData: true, subtree: true });
    `);
    const undo = page.getByRole("button", { name: /^Undo/ });
    await undo.focus();
    await page.evaluate("globalThis.later = 600");
    await undo.waitFor({ state: "detached" });
    expect(await page.evaluate("document.activeElement?.className")).toBe("wb-foot");
    await page.evaluate("globalThis.later = 700");
    await page.waitForTimeout(1_100);
    expect(await page.evaluate("said")).toEqual(["Reported as advertising. It can’t be taken back any more."]);
  });
  await on("fixture=careful&state=reported", {}, async (page) => {
    await page.getByRole("button", { name: "Copy" }).focus();
    await page.evaluate("globalThis.later = 600");
    await page.getByRole("button", { name: /^Undo/ }).waitFor({ state: "detached" });
    expect(await page.evaluate("document.activeElement?.textContent"), "elsewhere it is left alone").toBe("Copy");
  });
});

test("Copy says so where the browser does not let it", async () => {
  await on("fixture=holds&deaf", {}, async (page) => {
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Not copied" }).waitFor();
  });
});

describe("colour", () => {
  test("nothing claimed is ever coloured", async () => {
    await on("fixture=holds", {}, async (page) => {
      const colours = await page.evaluate<string[]>(
        "[...document.querySelectorAll('.wb-claimed')].map((each) => getComputedStyle(each).color)",
      );
      const soft = await page.evaluate("getComputedStyle(document.querySelector('.wb-line-gist')).color");
      expect(new Set(colours)).toEqual(new Set([soft]));
    });
  });

  test("every level has a shape and a word of its own", async () => {
    const seen = new Set<string>();
    for (const fixture of ["holds", "careful", "broken", "unproven", "unrecorded"]) {
      await on(`fixture=${fixture}`, {}, async (page) => {
        const word = await page.locator(".wb-level").innerText();
        const sign = await page.locator(".wb-head .wb-icon-sign").getAttribute("d");
        seen.add(word).add(sign ?? "");
      });
    }
    expect(seen.size).toBe(10);
  });
});

describe("the banner", () => {
  const height = async (page: Page): Promise<number> =>
    await page.locator(".wb-banner").evaluate((banner) => banner.getBoundingClientRect().height);
  const sentenceBox = async (page: Page): Promise<{ readonly x: number; readonly width: number }> =>
    await page.locator(".wb-banner span").evaluate((span) => {
      const { x, width } = span.getBoundingClientRect();
      return { x, width };
    });

  test("is one line in the pane that a window of 1280 pixels leaves", async () => {
    await on("show=banner&sentence", { width: 690 }, async (page) => {
      expect(await page.locator(".wb-banner p").innerText()).toMatch(/^Holds\s+A mail .* billing@bank\.example\.$/);
      expect(await height(page)).toBeLessThan(42);
    });
  });

  test("has the sentence below the level where both have no room, and across in a narrow pane", async () => {
    await on("show=banner&sentence", { width: 600 }, async (page) => {
      const { x } = await sentenceBox(page);
      expect(x).toBe(await page.locator(".wb-banner b").evaluate((level) => level.getBoundingClientRect().x));
      expect(await height(page)).toBeLessThan(60);
      await page.setViewportSize({ width: 320, height: 640 });
      const narrow = await sentenceBox(page);
      expect(narrow.x).toBeLessThan(20);
      expect(narrow.width).toBeGreaterThan(280);
      expect(await page.getByRole("status").innerText()).toMatch(/^Holds\s+A mail/);
    });
  });
});

test("what is believed of a mailbox can be given up before it is connected, too", async () => {
  await on("show=settings", { width: 900 }, async (page) => {
    await unfold(page);
    for (const kind of ["pinned", "waiting", "changed", "paired"])
      await page.getByRole("button", { name: `Disconnect: alice@${kind}.example` }).click();
    expect(await page.evaluate("events.map(([name]) => name)")).toEqual(["forget", "forget", "forget", "forget"]);
  });
});

test("each button of a mailbox says by name which one it is about", async () => {
  await on("show=settings&sites", { width: 900 }, async (page) => {
    await unfold(page);
    const names = await page
      .locator(".wb-card button:not([type=submit])")
      .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? one.textContent));
    expect(names.filter((name) => !name.includes("@"))).toEqual([]);
  });
});

describe("what the reader types for a mailbox", () => {
  const card = (page: Page, kind: string) => page.locator(".wb-card", { hasText: `alice@${kind}.example` });

  test("is shown again, with the bridge that is in use", async () => {
    await on("show=settings", { width: 900 }, async (page) => {
      await unfold(page);
      const field = card(page, "failed").getByLabel("Address of the bridge");
      expect(await field.inputValue()).toBe("https://bridge.failed.example/");
      const used = card(page, "paired").getByLabel("Address of the bridge");
      expect(await used.inputValue()).toBe("");
      expect(await card(page, "paired").innerText()).toContain("In use: https://waybill.example.net/api/v1/");
      await card(page, "failed").getByRole("button", { name: "Save" }).first().click();
      expect(await page.evaluate("events"), "nothing was typed").toEqual([]);
      await field.fill("http://bridge.example/");
      await field.press("Enter");
      expect(await card(page, "failed").getByRole("alert").innerText()).toMatch(/^That is no address of a bridge/);
      expect(await field.inputValue()).toBe("http://bridge.example/");
      expect(await page.evaluate("events"), "what is kept stays").toEqual([]);
    });
  });

  test("is kept whole or not at all: what is no server's name is said", async () => {
    await on("show=settings", { width: 900 }, async (page) => {
      await unfold(page);
      const one = card(page, "paired");
      const field = one.getByLabel("Servers whose checks to show");
      const save = async (text: string): Promise<void> => {
        await field.fill(text);
        await field.press("Enter");
      };
      await save("mx1.example.net, mx1/24 <mx2>");
      expect(await one.getByRole("alert").innerText()).toBe(
        "Not saved, because this is no server’s name: mx1/24 <mx2>",
      );
      expect(await field.getAttribute("aria-invalid")).toBe("true");
      expect(await page.evaluate("events")).toEqual([]);
      await save(Array.from({ length: 21 }, (_, at) => `mx${at}`).join(" "));
      expect(await one.getByRole("alert").innerText()).toBe("Not saved: at most 20 names.");
      await save("mx1.example.net,\tmx2.example.net mx2.example.net");
      expect(await one.getByRole("alert").count()).toBe(0);
      expect(await page.evaluate("events")).toEqual([["trusted", "account8", ["mx1.example.net", "mx2.example.net"]]]);
      await one.getByRole("button", { name: "Saved" }).waitFor();
      await field.press("End");
      await field.pressSequentially(" mx3");
      expect(await one.getByRole("button", { name: "Saved" }).count(), "that is not saved yet").toBe(0);
    });
  });

  test("stays in the field, and is not called saved, where it was not kept", async () => {
    await on("show=settings&refuse", { width: 900 }, async (page) => {
      await unfold(page);
      const one = card(page, "paired");
      const field = one.getByLabel("Address of the bridge");
      await field.fill("https://bridge.example/");
      await field.press("Enter");
      expect(await one.getByRole("alert").innerText()).toBe(
        "Not saved: Waybill was not allowed to talk to this address.",
      );
      expect(await field.inputValue()).toBe("https://bridge.example/");
      expect(await one.getByRole("button", { name: "Saved" }).count()).toBe(0);
    });
  });
});

test("what can be done stays in view in a popup that is less high than the panel", async () => {
  await on("fixture=holds", {}, async (page) => {
    await page.evaluate("document.body.className = 'wb-popup'");
    await page.setViewportSize({ width: 392, height: 480 });
    expect(await overflowY(page)).toBeGreaterThan(0);
    const button = await page.getByRole("button", { name: "Not what it says…" }).boundingBox();
    expect((button?.y ?? 480) + (button?.height ?? 0)).toBeLessThan(480);
    await page.locator("summary").last().focus();
    const last = await page.locator("summary").last().boundingBox();
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual(button?.y ?? 0);
  });
});

test("what is shown or copied stands together where the words are long", async () => {
  await on("fixture=careful&lang=de", {}, async (page) => {
    const places = await page
      .locator(".wb-foot button")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    expect(new Set(places.slice(1)).size).toBe(1);
  });
});

test("motion stops where it is not wanted", async () => {
  await on("fixture=holds", {}, async (page) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    const duration = await page.evaluate("getComputedStyle(document.querySelector('.wb-chevron')).transitionProperty");
    expect(duration).toBe("none");
  });
});
