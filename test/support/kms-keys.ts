// The keys that tests have in the fake key services, as a reference and as the service names them.

const ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890a1";
const VERSION =
  "projects/house/locations/europe-west3/keyRings/signers/cryptoKeys/minter/cryptoKeyVersions/1";

export const AWS_KEY = { name: ARN, reference: `aws-kms:eu-central-1:${ARN}` };
export const GCP_KEY = { name: VERSION, reference: `gcp-kms:${VERSION}` };

export const KMS_KEYS = { AWS: AWS_KEY.reference, GCP: GCP_KEY.reference };
