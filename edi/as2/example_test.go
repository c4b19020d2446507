package as2_test

import (
	"errors"
	"fmt"
	"time"

	"entente/edi/as2"
)

// Both directions of one message, with the keys of both sides at hand.
func Example() {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	slots := func(name string) []as2.Slot {
		id, err := as2.Generate(name, now, now.AddDate(3, 0, 0))
		if err != nil {
			panic(err)
		}
		return []as2.Slot{{Identity: id, Role: as2.ForSigning, Confirmed: true}, {Identity: id, Role: as2.ForEncryption, Confirmed: true}}
	}
	kestrel, aurelia := slots("KESTREL-AS2"), slots("AURELIA-AS2")

	// The sender keeps req, to send it again as it is, and req.Sent, to judge the MDN.
	sender := as2.Relation{Agreement: as2.New("KESTREL-AS2", "AURELIA-AS2"), Keys: as2.Choose(kestrel, aurelia, now)}
	req, err := as2.Pack(as2.Message{
		ID: as2.NewID("kestrel.example"), Date: now,
		Payloads: []as2.Payload{{ContentType: as2.TypeX12, FileName: "850.x12", Data: []byte("ISA*00*…")}},
	}, sender)
	if err != nil {
		panic(err)
	}

	// The receiver finds the relation by the names, and answers whatever came of it.
	receiver := as2.Relation{Agreement: as2.New("AURELIA-AS2", "KESTREL-AS2"), Keys: as2.Choose(aurelia, kestrel, now)}
	got, err := as2.Open(req.Header, req.Body, func(from, to string) (as2.Relation, bool) {
		return receiver, from == "KESTREL-AS2" && to == "AURELIA-AS2"
	}, as2.Limits{})
	verdict := as2.Processed
	var failure *as2.Failure
	if errors.As(err, &failure) {
		verdict = failure.Disposition
	}
	reply, err := got.Answer(as2.MDN{ID: as2.NewID("aurelia.example"), Date: now, Agent: "Entente", Disposition: verdict})
	if err != nil {
		panic(err)
	}

	report, err := as2.ParseMDN(reply.Header, reply.Body, as2.Limits{})
	if err != nil {
		panic(err)
	}
	proof := report.Check(req.Sent, sender.Keys.Verify, sender.Agreement.AllowSHA1)
	fmt.Println(got.Payloads[0].FileName, got.Encryption.Cipher, got.Signature.Hash, verdict, proof.Verdict)
	// Output: 850.x12 aes256-cbc sha256 processed proven
}
