import { X509Certificate } from "@peculiar/x509"; export const parse = X509Certificate;
