// A self-signed certificate, which clients must not trust by default. It is valid for a hundred
// years.

/** For `localhost` and 127.0.0.1, with its private key; both as PEM. */
export const selfSigned = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUNf/a0NHnIRTg7iYx9tYtVe8SbaYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODIyMjgyOFoYDzIxMjYxMTA0
MjIyODI4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATQ+G2kvfkLu0aPEm9SFYFgRukKcGGcXVDlkPifwWDupgerA5jo3+2c
gsO8O2nnPGdB37Ao6d8k1Epwl7ud9xooo28wbTAdBgNVHQ4EFgQUEunuW3MtieLn
dPjNtL6yrvQY6WwwHwYDVR0jBBgwFoAUEunuW3MtieLndPjNtL6yrvQY6WwwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgUoUFiTucCYLGD4efmo9jei+JTCpFgpN5HqPF86qk5HkCIFZk
wu2eac362xHyLxpfmZBXXNICFO7+bKSSBC5FGmzd
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP4TczA/sQAUF7HDE
SyY7sLD/w4h5JdopaE7C9k6ipcmhRANCAATQ+G2kvfkLu0aPEm9SFYFgRukKcGGc
XVDlkPifwWDupgerA5jo3+2cgsO8O2nnPGdB37Ao6d8k1Epwl7ud9xoo
-----END PRIVATE KEY-----
`,
} as const;
