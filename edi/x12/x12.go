// Package x12 reads and writes the envelope of ANSI X12: interchanges, groups,
// transaction sets, segments and elements. It knows delimiters, positions and
// limits, and nothing about what a segment means: that is edi/schema.
//
// The Reader pulls one segment at a time from a stream into one reused buffer.
// What Next returns is borrowed until the next call.
package x12

import "entente/edi/wire"

// Delimiters are the service characters of one interchange.
type Delimiters struct {
	Element    byte
	Component  byte
	Repetition byte // 0 before 00402, where ISA11 is "U"
	Terminator byte
}

// DefaultDelimiters are what we write unless agreed otherwise: * > ~ and, from
// 00402, ^ for repetition.
func DefaultDelimiters(isaVersion string) Delimiters {
	d := Delimiters{Element: '*', Component: '>', Terminator: '~'}
	if repeats(isaVersion) {
		d.Repetition = '^'
	}
	return d
}

// Header is the content of an ISA. Qualifiers and ids are without padding.
type Header struct {
	AuthQualifier     string `json:"auth_qualifier,omitempty"`     // ISA01, "00" when empty on writing
	Auth              string `json:"auth,omitempty"`               // ISA02
	SecurityQualifier string `json:"security_qualifier,omitempty"` // ISA03
	Security          string `json:"security,omitempty"`           // ISA04
	SenderQualifier   string `json:"sender_qualifier"`             // ISA05
	Sender            string `json:"sender"`                       // ISA06
	ReceiverQualifier string `json:"receiver_qualifier"`           // ISA07
	Receiver          string `json:"receiver"`                     // ISA08
	Date              string `json:"date"`                         // ISA09, YYMMDD
	Time              string `json:"time"`                         // ISA10, HHMM
	Version           string `json:"version"`                      // ISA12, "00501"
	Control           string `json:"control"`                      // ISA13, 9 digits as written
	AckRequested      bool   `json:"ack_requested"`                // ISA14 is 1
	Usage             string `json:"usage"`                        // ISA15, T or P (I: information)
}

// Swapped returns the header of an answer: sender and receiver changed places,
// the same version and usage, control number, date and time left to the caller.
func (h Header) Swapped() Header {
	return Header{
		SenderQualifier: h.ReceiverQualifier, Sender: h.Receiver,
		ReceiverQualifier: h.SenderQualifier, Receiver: h.Sender,
		Version: h.Version, Usage: h.Usage,
	}
}

// Group is the content of a GS.
type Group struct {
	FunctionalID string `json:"functional_id"` // GS01, "PO"
	Sender       string `json:"sender"`        // GS02
	Receiver     string `json:"receiver"`      // GS03
	Date         string `json:"date"`          // GS04, CCYYMMDD
	Time         string `json:"time"`          // GS05
	Control      string `json:"control"`       // GS06 as written
	Agency       string `json:"agency"`        // GS07, "X"
	Version      string `json:"version"`       // GS08, "005010"
}

// Envelope is what Scan tells about one interchange.
type Envelope struct {
	Header
	Delimiters Delimiters `json:"-"`
	// Offset and Length are the bytes of the interchange in the file, from
	// the I of ISA to the terminator of IEA.
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
	// Digest is the SHA-256, in hex, over the segments alone: line breaks and
	// blanks between segments do not change it.
	Digest string `json:"digest"`
	// GroupCount, SetCount and SegmentCount are what was found.
	GroupCount   int `json:"group_count"`
	SetCount     int `json:"set_count"`
	SegmentCount int `json:"segment_count"`
	// Groups are the first groups, at most MaxScanGroups.
	Groups []Group `json:"groups"`
	// Complete says that IEA is there and its count and control number fit.
	Complete bool `json:"complete"`
	// Findings are the faults of the envelope at the levels interchange and
	// group.
	Findings []wire.Finding `json:"findings,omitempty"`
}

// MaxScanGroups is the greatest number of groups that an Envelope lists.
const MaxScanGroups = 64

// repeats says whether ISA11 is a repetition separator in this ISA12 version.
func repeats(isaVersion string) bool { return isaVersion >= "00402" }
