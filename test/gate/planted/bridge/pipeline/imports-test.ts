import { fake } from "../../test/fake.ts"; export const imported = fake;
