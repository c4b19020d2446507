// Package tree holds the neutral form of EDI: JSON with every byte needed to write
// the same file again, and queries by path over a transaction set.
//
// ToJSON and FromJSON stream: neither holds more than one segment. For every file
// that can be read, FromJSON gives back the bytes that ToJSON was given. The form:
//
//	{"edi":"tree/1","interchanges":[
//	 {"syntax":"x12","delimiters":{"element":"*","component":">","repetition":"^","terminator":"~"},
//	  "gap":"\n","nodes":[
//	   ["ISA","00",…],
//	   {"group":"PO","nodes":[
//	     ["GS","PO",…],
//	     {"set":"850","nodes":[
//	       ["ST","850","0001"],
//	       {"loop":"N1","nodes":[["N1","ST"],["N3","Unit 4"]]},
//	       ["SE","3","0001"]]},
//	     ["GE","1","101"]]},
//	   ["IEA","1","000000101"]]}
//	 ],"after":"\n"}
//
// A node is a segment, as an array of its tag and elements, or an object that
// holds further nodes: a group, a set, or a loop where the set is known. An element
// is a string; with components an array of strings; with repetitions
// {"repeat":[…]}. Bytes that are not UTF-8 are {"base64":"…"} in place of a
// string. "gap" is what stands between segments, "tail" the number of blanks before
// each terminator, "before" what stands before the ISA, "after" what follows the
// last interchange. "wrap" is there where the interchange is cut into lines in the middle
// of segments: {"width":80,"break":"\n","column":0}, the column at which its ISA or UNB
// begins; values are without these breaks. {"object":…} is a part of the object between
// UNO and UNP, any bytes. A segment that is otherwise is
// {"segment":[…],"before":"…","tail":1,"unterminated":true}, the last at the end
// of a file only.
package tree

// Format is the name and version of the form, the value of "edi".
const Format = "tree/1"

// maxDepth bounds how deep nodes may nest in JSON that is read.
const maxDepth = 32
