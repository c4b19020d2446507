package hook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// secretPrefix begins a secret as people see it (Standard Webhooks).
const secretPrefix = "whsec_"

// newSecret makes a secret of 32 random bytes, as people see it.
func newSecret() string {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails
	}
	return secretPrefix + base64.StdEncoding.EncodeToString(b)
}

// signature is webhook-signature: for each secret, newest first, "v1," and the HMAC-SHA256
// of "id.timestamp.body" in base64, separated by blanks, so that a receiver may know
// either while a secret is changed.
func signature(secrets []string, id string, at time.Time, body []byte) string {
	var out []string
	for _, s := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, secretPrefix))
		if err != nil {
			continue // none of ours
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
		mac.Write(body)
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(out, " ")
}
