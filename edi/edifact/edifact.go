// Package edifact reads and writes the envelope of UN/EDIFACT (ISO 9735, syntax 1
// to 4): interchanges, groups, messages, segments, elements and components. It
// knows service characters, character sets, positions and limits, and nothing
// about what a segment means: that is edi/schema.
//
// The Reader pulls one segment at a time from a stream into one reused buffer.
// What Next returns is borrowed until the next call. Bytes stay as they are in
// the file, so that positions hold; Segment.Text gives a value as UTF-8 without
// release characters.
package edifact

import "entente/edi/wire"

// Delimiters are the service characters of one interchange.
type Delimiters struct {
	Component  byte
	Element    byte
	Decimal    byte
	Release    byte // 0 when there is none
	Repetition byte // 0 before syntax 4
	Terminator byte
}

// DefaultDelimiters are those that hold without UNA: :+.?' and, from syntax 4,
// * for repetition.
func DefaultDelimiters(syntaxVersion string) Delimiters {
	d := Delimiters{Component: ':', Element: '+', Decimal: '.', Release: '?', Terminator: '\''}
	if repeats(syntaxVersion) {
		d.Repetition = '*'
	}
	return d
}

// controlDelimiters are the separators that UNOB once had: IS1, IS3 and IS4.
func controlDelimiters() Delimiters {
	return Delimiters{Component: 0x1f, Element: 0x1d, Decimal: '.', Terminator: 0x1c}
}

// repeats says whether elements may repeat in this syntax version.
func repeats(version string) bool { return version >= "4" }

// Header is the content of a UNB.
type Header struct {
	Syntax        string `json:"syntax"`             // 0001, "UNOC"
	SyntaxVersion string `json:"syntax_version"`     // 0002, "3"
	Encoding      string `json:"encoding,omitempty"` // 0133, "7" is UTF-8
	Sender        string `json:"sender"`             // 0004
	// SenderQualifier is 0007: 14 GS1, 1 DUNS, ZZZ as agreed; often empty.
	SenderQualifier    string `json:"sender_qualifier,omitempty"`
	SenderInternal     string `json:"sender_internal,omitempty"` // 0008
	Recipient          string `json:"recipient"`                 // 0010
	RecipientQualifier string `json:"recipient_qualifier,omitempty"`
	RecipientInternal  string `json:"recipient_internal,omitempty"` // 0014
	Date               string `json:"date"`                         // 0017, YYMMDD, from syntax 4 CCYYMMDD
	Time               string `json:"time"`                         // 0019, HHMM
	Reference          string `json:"reference"`                    // 0020
	Password           string `json:"password,omitempty"`           // 0022
	Application        string `json:"application,omitempty"`        // 0026
	Priority           string `json:"priority,omitempty"`           // 0029
	AckRequested       bool   `json:"ack_requested"`                // 0031 is 1
	Agreement          string `json:"agreement,omitempty"`          // 0032
	Test               bool   `json:"test"`                         // 0035 is 1 or more
}

// Swapped returns the header of an answer: sender and recipient changed places, the
// same syntax and test indicator; reference, date and time left to the caller.
func (h Header) Swapped() Header {
	return Header{
		Syntax: h.Syntax, SyntaxVersion: h.SyntaxVersion, Encoding: h.Encoding,
		Sender: h.Recipient, SenderQualifier: h.RecipientQualifier, SenderInternal: h.RecipientInternal,
		Recipient: h.Sender, RecipientQualifier: h.SenderQualifier, RecipientInternal: h.SenderInternal,
		Test: h.Test,
	}
}

// Group is the content of a UNG.
type Group struct {
	Type               string `json:"type"`   // 0038, "ORDERS"
	Sender             string `json:"sender"` // 0040
	SenderQualifier    string `json:"sender_qualifier,omitempty"`
	Recipient          string `json:"recipient"` // 0044
	RecipientQualifier string `json:"recipient_qualifier,omitempty"`
	Date               string `json:"date"`
	Time               string `json:"time"`
	Reference          string `json:"reference"` // 0048
	Agency             string `json:"agency"`    // 0051
	Version            string `json:"version"`   // 0052
	Release            string `json:"release"`   // 0054
}

// MessageID is S009 of a UNH: which message, of which directory, by whom.
type MessageID struct {
	Type        string `json:"type"`                  // 0065, "ORDERS"
	Version     string `json:"version"`               // 0052, "D"
	Release     string `json:"release"`               // 0054, "96A"
	Agency      string `json:"agency"`                // 0051, "UN"
	Association string `json:"association,omitempty"` // 0057, "EAN008"
}

// String is the identification as it stands on the wire: "ORDERS:D:96A:UN:EAN008".
func (m MessageID) String() string {
	s := m.Type + ":" + m.Version + ":" + m.Release + ":" + m.Agency
	if m.Association != "" {
		s += ":" + m.Association
	}
	return s
}

// Envelope is what Scan tells about one interchange.
type Envelope struct {
	Header
	Delimiters Delimiters `json:"-"`
	// Offset and Length are the bytes of the interchange in the file, from the
	// U of UNA or UNB to the terminator of UNZ.
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
	// Digest is the SHA-256, in hex, over the segments alone: line breaks and
	// blanks between segments do not change it, nor does UNA.
	Digest string `json:"digest"`
	// GroupCount, MessageCount and SegmentCount are what was found; UNA does
	// not count.
	GroupCount   int `json:"group_count"`
	MessageCount int `json:"message_count"`
	SegmentCount int `json:"segment_count"`
	// Groups and Messages are the first of them, at most MaxScanGroups each.
	Groups   []Group     `json:"groups,omitempty"`
	Messages []MessageID `json:"messages"`
	// Complete says that UNZ is there and its count and reference fit.
	Complete bool `json:"complete"`
	// Findings are the faults of the envelope at the levels interchange and
	// group.
	Findings []wire.Finding `json:"findings,omitempty"`
}

// MaxScanGroups is the greatest number of groups and messages that an Envelope
// lists.
const MaxScanGroups = 64
