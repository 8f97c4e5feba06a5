export const list: string[] = [];
export const first: string = list[0]; // noUncheckedIndexedAccess
export const optional: { a?: string } = { a: undefined }; // exactOptionalPropertyTypes
export enum Level { // erasableSyntaxOnly
  Good,
}
export const dom = document.title; // DOM is kept out of shared
export const buffer = Buffer.from(""); // Node is kept out of shared
