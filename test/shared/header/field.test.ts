import { expect, test } from "vitest";
import { plainName } from "../../../shared/header/field.ts";

test("names are compared without case and without white space before the colon, however often they come", () => {
  for (let round = 0; round < 3; round += 1) {
    expect(["Subject", "SUBJECT \t", "subject"].map(plainName)).toEqual(["subject", "subject", "subject"]);
  }
});

test("ever new names push out what was met before, and are read all the same", () => {
  expect(plainName("From")).toBe("from");
  for (let number = 0; number < 2_000; number += 1) expect(plainName(`X-Name-${number}`)).toBe(`x-name-${number}`);
  expect(plainName(`X-${"Long".repeat(100)} `)).toBe(`x-${"long".repeat(100)}`);
  expect(plainName("From")).toBe("from");
});
