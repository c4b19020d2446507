package courier

import (
	"fmt"

	"entente/edi/as2"
)

// receiptWords tells the people of the partner, in the part of a receipt that is for people,
// what became of their message and what to do. Programs show it beside the disposition. It
// says no more of an encryption or a signature than the disposition does: what failed inside
// is nobody's to learn who cannot sign.
func receiptWords(got *as2.Received, d as2.Disposition, why as2.Reason) string {
	head := fmt.Sprintf("Your message %s from %s to %s ", got.MessageID, got.From, got.To)
	if d.OK() {
		return head + "was received and stored.\nWhether its content is accepted, an acknowledgement of its own says."
	}
	said, ok := reasonWords[why]
	if !ok {
		said = dispositionWords[d]
	}
	if said == "" {
		said = "It could not be processed."
	}
	return head + "was not taken: " + d.String() + ".\n" + said
}

var reasonWords = map[as2.Reason]string{
	as2.OtherRecipient:         "It is encrypted for a certificate that is not ours. Encrypt with our current certificate.",
	as2.NotSigned:              "It is not signed, and the agreement asks for a signature.",
	as2.NotEncrypted:           "It is not encrypted, and the agreement asks for encryption.",
	as2.WeakDigest:             "It is signed with SHA-1, which the agreement does not allow. Sign with SHA-256.",
	as2.WeakCipher:             "It is encrypted with 3DES, which the agreement does not allow. Encrypt with AES.",
	as2.BadAsk:                 "The receipt is asked for in a form that cannot be given: signed receipts are PKCS #7 by SHA-1 or SHA-2, apart ones go to an http or https address.",
	as2.Oversize:               "It is larger than the limit, or inflates to more.",
	as2.Empty:                  "It has no content.",
	as2.BadMIME:                "Its MIME parts are broken or cut off.",
	as2.Nested:                 "It is signed, encrypted or compressed twice over.",
	"message_id_reused":        "Its Message-ID was used before, for other content. Send other content under a Message-ID of its own.",
	"receipt_host":             "The receipt is asked for at a host that was not agreed. Add the host to your station in the portal.",
	"edi.not_edi":              "It holds no X12 or EDIFACT interchange.",
	"edi.not_read":             "An interchange in it is broken or cut off and cannot be read to its end.",
	"edi.sender_not_yours":     "It holds an interchange whose sender is not an identity of your company.",
	"edi.receiver_unknown":     "It holds an interchange for a receiver that is no partner of the sender.",
	"edi.segment_too_large":    "A segment or an element in it is longer than allowed. Is a segment terminator missing?",
	"edi.too_many":             "It holds more interchanges than one message may. Split it.",
	"edi.too_large":            "An interchange in it is larger than the limit.",
	"edi.idempotency_conflict": "The same transmission was taken before with other content.",
}

var dispositionWords = map[as2.Disposition]string{
	as2.DecryptionFailed:     "It cannot be decrypted. Encrypt with our current certificate, and see that nothing on the way changes the message.",
	as2.AuthenticationFailed: "Its signature cannot be verified with the certificates that your company put into the portal. Add the one that you sign with there.",
	as2.IntegrityFailed:      "Its content is not what was signed: something changed it after it was signed.",
	as2.DecompressionFailed:  "It cannot be decompressed.",
	as2.InsufficientSecurity: "It is signed or encrypted less than the agreement asks.",
	as2.UnknownRelation:      "Nobody has agreed to exchange messages under these AS2 names. They count in upper and lower case.",
}
