package as2

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"testing"
)

// One certificate in 128 ends in an octet that is a line end as well.
func TestCertificateEndsLikeALine(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for n := range int64(100_000) {
		c := &x509.Certificate{SerialNumber: big.NewInt(n + 1), NotBefore: now, NotAfter: now.AddDate(1, 0, 0)}
		der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		if end := der[len(der)-1]; end != '\n' && end != '\r' {
			continue
		}
		for _, after := range []string{"", "\n", "\r\n"} {
			if got, err := ParseCertificates(append(der[:len(der):len(der)], after...)); err != nil || len(got) != 1 {
				t.Errorf("with %q after it: %v", after, err)
			}
		}
		return
	}
	t.Fatal("no certificate of 100,000 ends so")
}
