import { Certificate } from "pkijs"; export const cms = Certificate;
