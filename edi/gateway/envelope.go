package gateway

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"entente/edi/edifact"
	"entente/edi/wire"
	"entente/edi/x12"
)

// The syntaxes of an interchange.
const (
	SyntaxX12     = "x12"
	SyntaxEDIFACT = "edifact"
)

// envelope is what intake needs to know of an interchange, whatever its standard.
type envelope struct {
	syntax           string
	version          string // GS08 of the first group, else ISA12; "D:96A:UN" of the first message
	sender, receiver Identity
	control          string // ISA13 or 0020
	dated            string
	test             bool
	offset, length   int64
	digest           string
	sets             int
	types            []string
	findings         []wire.Finding
}

// fromSupplier says that the types in it come from a supplier.
func (e *envelope) fromSupplier() bool { return slices.ContainsFunc(e.types, suppliers) }

// scan reads the envelopes of a file, which may hold both standards.
func scan(r io.Reader, head []byte, limits wire.Limits) ([]envelope, error) {
	var out []envelope
	rest := wire.Rest{Src: r}
	for un := edifact.Is(head); ; un = !un {
		var err, other error
		if un {
			var found []edifact.Envelope
			found, rest, err = edifact.ScanRest(rest, limits)
			for i := range found {
				out = append(out, ofEDIFACT(&found[i]))
			}
			other = edifact.ErrX12
		} else {
			var found []x12.Envelope
			found, rest, err = x12.ScanRest(rest, limits)
			for i := range found {
				out = append(out, ofX12(&found[i]))
			}
			other = x12.ErrEDIFACT
		}
		if !errors.Is(err, other) {
			return out, err
		}
	}
}

// scanBytes is scan of bytes in memory, which are not copied where they hold one standard.
func scanBytes(b []byte, limits wire.Limits) (out []envelope, err error) {
	if edifact.Is(b) {
		found, err := edifact.ScanBytes(b, limits)
		if errors.Is(err, edifact.ErrX12) {
			return scan(bytes.NewReader(b), b, limits)
		}
		for i := range found {
			out = append(out, ofEDIFACT(&found[i]))
		}
		return out, err
	}
	found, err := x12.ScanBytes(b, limits)
	if errors.Is(err, x12.ErrEDIFACT) {
		return scan(bytes.NewReader(b), b, limits)
	}
	for i := range found {
		out = append(out, ofX12(&found[i]))
	}
	return out, err
}

func ofX12(e *x12.Envelope) envelope {
	out := envelope{
		syntax: SyntaxX12, version: word(e.Version), sender: Identity{e.SenderQualifier, e.Sender},
		receiver: Identity{e.ReceiverQualifier, e.Receiver}, control: word(e.Control), dated: word(e.Date + e.Time), test: e.Usage != "P",
		offset: e.Offset, length: e.Length, digest: e.Digest, sets: e.SetCount, findings: e.Findings,
	}
	if len(e.Groups) > 0 {
		out.version = word(e.Groups[0].Version)
	}
	for _, g := range e.Groups {
		if t := setTypes[g.FunctionalID]; t != "" && !slices.Contains(out.types, t) {
			out.types = append(out.types, t)
		}
	}
	return out
}

func ofEDIFACT(e *edifact.Envelope) envelope {
	out := envelope{
		syntax: SyntaxEDIFACT, version: word(e.Syntax + ":" + e.SyntaxVersion), sender: Identity{e.SenderQualifier, e.Sender},
		receiver: Identity{e.RecipientQualifier, e.Recipient}, control: word(e.Reference), dated: word(e.Date + e.Time), test: e.Test,
		offset: e.Offset, length: e.Length, digest: e.Digest, sets: e.MessageCount, findings: e.Findings,
	}
	if len(e.Messages) > 0 {
		out.version = word(directoryOf(e.Messages[0]))
	}
	for _, m := range e.Messages {
		if t := word(m.Type); t != "" && !slices.Contains(out.types, t) && len(out.types) < maxKinds {
			out.types = append(out.types, t)
		}
	}
	return out
}

// directoryOf is the directory of a message as an interchange's version: "D:96A:UN"
// or "D:96A:UN:EAN008".
func directoryOf(m edifact.MessageID) string {
	s := m.Version + ":" + m.Release + ":" + m.Agency
	if m.Association != "" {
		s += ":" + m.Association
	}
	return s
}

// setTypes is the set type that a functional group code stands for.
var setTypes = map[string]string{
	"PO": "850", "PR": "855", "IN": "810", "SH": "856", "FA": "997", "PC": "860", "CA": "865", "IB": "846", "RA": "820", "SC": "832",
	"RC": "861", "PT": "867", "AG": "824", "PD": "852", "CF": "844", "SB": "849", "CX": "845", "CD": "812", "RS": "870", "AN": "180",
}

// sides says which side of a partnership sends a document. What is not in it goes
// both ways.
var sides = map[string]bool{ // true: the supplier
	"850": false, "860": false, "820": false, "861": false, "867": false, "852": false, "844": false,
	"855": true, "856": true, "810": true, "865": true, "832": true, "870": true, "849": true, "845": true,
	"ORDERS": false, "ORDCHG": false, "RECADV": false, "REMADV": false, "SLSRPT": false, "RETANN": false,
	"ORDRSP": true, "DESADV": true, "INVOIC": true, "PRICAT": true, "RETINS": true,
}

// SentBy says whether a set or message is one that companies exchange here, and
// whether this side of a partnership may send it. Acknowledgements are not asked about:
// they need no agreement.
func SentBy(kind string, supplier bool) (known, fits bool) {
	one, directed := sides[kind]
	return directed || eitherWay[kind], !directed || one == supplier
}

// Documents lists the sets and messages of SentBy, those that only the supplier, only
// the reseller and either may send.
func Documents() (supplier, reseller, either []string) {
	for kind, one := range sides {
		if one {
			supplier = append(supplier, kind)
		} else {
			reseller = append(reseller, kind)
		}
	}
	for kind := range eitherWay {
		either = append(either, kind)
	}
	slices.Sort(supplier)
	slices.Sort(reseller)
	slices.Sort(either)
	return supplier, reseller, either
}

// eitherWay are the documents that both sides may send.
var eitherWay = map[string]bool{"812": true, "824": true, "846": true, "180": true, "APERAK": true, "INVRPT": true, "COMDIS": true}

func suppliers(kind string) bool { return sides[kind] }

// acknowledges says that a kind is an acknowledgement: never answered, matched to
// what we sent.
func acknowledges(kind string) bool {
	return kind == "997" || kind == "999" || kind == "CONTRL" || kind == "TA1"
}
