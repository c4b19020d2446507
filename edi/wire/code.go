package wire

// Family is a kind of acknowledgement, each with code lists of its own.
type Family uint8

// The families.
const (
	// AK is the 997: AK304, AK403, AK502 and AK905, by level.
	AK Family = iota
	// IK is the 999: IK304, IK403, IK502 and, as in the 997, AK905.
	IK
	// TA1 is the TA105 note code, at the level of the interchange only.
	TA1
	// CONTRL is the list 0085 of EDIFACT, the same for all levels.
	CONTRL
)

// Codes are the codes of a finding beside Finding.Code, one for each family that
// says it otherwise. An empty field means: as Code says, or nothing (In decides).
type Codes struct {
	// IK is the code of the 999 where it differs from the 997's: "I4" for a
	// segment that a guide forbids.
	IK string `json:"ik,omitempty"`
	// TA1 is the note code that a finding below the interchange leads to.
	TA1 string `json:"ta1,omitempty"`
	// CONTRL is the code of list 0085 for a finding of EDIFACT.
	CONTRL string `json:"contrl,omitempty"`
}

// In gives the code of a finding in a family of acknowledgements, empty when the
// family has none for it.
func (f Finding) In(family Family) string {
	switch family {
	case AK:
		if f.Level != LevelInterchange {
			return f.Code
		}
	case IK:
		if f.Codes.IK != "" {
			return f.Codes.IK
		}
		if f.Level != LevelInterchange {
			return f.Code
		}
	case TA1:
		if f.Codes.TA1 != "" {
			return f.Codes.TA1
		}
		if f.Level == LevelInterchange {
			return f.Code
		}
	case CONTRL:
		return f.Codes.CONTRL
	}
	return ""
}
