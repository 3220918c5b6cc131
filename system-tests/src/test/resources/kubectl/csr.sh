#!/bin/sh
# Prints a CertificateSigningRequest for a key of its own.
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout csr.key -subj /CN=lab-user -out csr.pem 2>/dev/null
cat <<Y
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: lab}
spec:
  request: $(base64 -w0 csr.pem)
  signerName: kubernetes.io/kube-apiserver-client
  usages: [client auth]
Y
