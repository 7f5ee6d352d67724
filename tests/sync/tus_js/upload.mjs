// Sends a file with tus-js-client, a public client that knows nothing of us. Prints what happened as JSON.
import { readFileSync } from "node:fs";
import { Upload } from "tus-js-client";

const { endpoint, file, headers, metadata, chunkSize, withData } = JSON.parse(process.argv[2]);
let receipt = null;
let requests = 0;

const upload = new Upload(readFileSync(file), {
  endpoint,
  headers,
  metadata,
  chunkSize: chunkSize ?? Number.POSITIVE_INFINITY,
  uploadDataDuringCreation: withData ?? false,
  retryDelays: Array(20).fill(50),
  onAfterResponse: (_request, response) => {
    requests += 1;
    receipt = response.getHeader("Fieldapp-Receipt") ?? receipt;
  },
  onError: (error) => {
    console.error(error.message);
    process.exit(1);
  },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url, receipt, requests })),
});
upload.start();
