package doc

import "fmt"

// ApplicationAdvice says what an application made of messages whose syntax was sound
// (824, APERAK): what a 997 or CONTRL cannot say, that the content is refused. It never
// answers an acknowledgement or another advice, and is not used where a set has an
// answer of its own, as an order has its 855.
type ApplicationAdvice struct {
	Header
	Purpose  string    `json:"purpose"`            // BGN01: 11 response
	Number   string    `json:"number"`             // BGN02; BGM 1004
	Date     string    `json:"date"`               // BGN03; DTM 137
	Time     string    `json:"time,omitempty"`     // BGN04
	Zone     string    `json:"zone,omitempty"`     // BGN05
	Original string    `json:"original,omitempty"` // BGN06; RFF ACW
	Type     string    `json:"type,omitempty"`     // BGN07
	Action   string    `json:"action,omitempty"`   // BGN08
	Advised  []Advised `json:"advised"`
}

// Advised is a message, or an item of one, with what was made of it (OTI; the RFF
// group of an APERAK, which is about one message).
type Advised struct {
	// Code is OTI01: TA accepted, TE accepted with errors, TR rejected, TC accepted
	// with changes; IA, IE, IR, IC the same of an item, GA and so on of a group.
	Code string `json:"code"`
	// Qualifier and Number name the document: PO, IV, SI (OTI02 and 03; RFF).
	Qualifier string `json:"qualifier"`
	Number    string `json:"number"`
	Sender    string `json:"sender,omitempty"`   // OTI04
	Receiver  string `json:"receiver,omitempty"` // OTI05
	Date      string `json:"date,omitempty"`     // OTI06; DTM 171
	Time      string `json:"time,omitempty"`     // OTI07
	// Group, Control, Set and Version are those of the message: OTI08 to OTI11.
	// Control is also the reference of UNH (RFF AGO).
	Group      string          `json:"group,omitempty"`
	Control    string          `json:"control,omitempty"`
	Set        string          `json:"set,omitempty"`
	Version    string          `json:"version,omitempty"`
	Purpose    string          `json:"purpose,omitempty"` // OTI12
	Type       string          `json:"type,omitempty"`    // OTI13
	Refs       []Ref           `json:"refs,omitempty"`
	Dates      []Date          `json:"dates,omitempty"`
	Contacts   []Contact       `json:"contacts,omitempty"`
	Amounts    []ClaimAmount   `json:"amounts,omitempty"`
	Quantities []ClaimQuantity `json:"quantities,omitempty"`
	Errors     []AdviceError   `json:"errors,omitempty"`
}

// AdviceError is one thing that is wrong, with its place (TED; ERC).
type AdviceError struct {
	// Code is TED01 of list 647: 007 missing, 009 date, 010 total, 012 combination,
	// 024 other, 133 not on the order (ERC 9321 of agency 116).
	Code string `json:"code"`
	// Agency is 3055 of a code of another list; ZZZ where none is named.
	Agency string `json:"agency,omitempty"`
	// Text is TED02 (FTX AAO). Key is the rule of a finding, whose words the portal
	// has; it goes out as the text where there is none.
	Text string `json:"text,omitempty"`
	Key  string `json:"key,omitempty"`
	// Segment, Position (ST or UNH is 1), Element and Component are the place, Ref
	// the element's number: TED03 to 06.
	Segment   string   `json:"segment,omitempty"`
	Position  int      `json:"position,omitempty"`
	Element   int      `json:"element,omitempty"`
	Component int      `json:"component,omitempty"`
	Ref       string   `json:"ref,omitempty"`
	Bad       string   `json:"bad,omitempty"`   // TED07 (FTX ACB)
	New       string   `json:"new,omitempty"`   // TED08 (FTX CHG)
	Item      Ref      `json:"item,omitzero"`   // RFF below ERC, the line: LI
	Notes     []string `json:"notes,omitempty"` // NTE (FTX AAI)
}

// Refuses says whether the code refuses the message, group or item.
func (a *Advised) Refuses() bool { return len(a.Code) == 2 && a.Code[1] == 'R' }

// Validate checks that the advice can be sent: it is about something, and whatever is
// refused has an error that says why.
func (d *ApplicationAdvice) Validate() []Problem {
	c := &check{}
	c.need("purpose", d.Purpose)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.dates("", d.Dates)
	if len(d.Advised) == 0 {
		c.add("advised", KeyNoLines, "")
	}
	for i := range d.Advised {
		a := &d.Advised[i]
		at := fmt.Sprintf("advised[%d].", i)
		c.need(at+"code", a.Code)
		c.need(at+"number", a.Number)
		c.date(at+"date", a.Date, false)
		c.dates(at, a.Dates)
		if a.Refuses() && len(a.Errors) == 0 {
			c.add(at+"errors", KeyMissing, "")
		}
		for k, e := range a.Errors {
			c.need(fmt.Sprintf("%serrors[%d].code", at, k), e.Code)
		}
		for k, x := range a.Amounts {
			c.number(fmt.Sprintf("%samounts[%d].amount", at, k), x.Amount, true)
		}
		for k, x := range a.Quantities {
			c.number(fmt.Sprintf("%squantities[%d].quantity", at, k), x.Quantity, true)
		}
	}
	return c.out
}
