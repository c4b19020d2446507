package paper

// code is a QR code (ISO/IEC 18004): rows of modules, true is dark. Byte mode, error
// correction M, versions 1 to 10, which hold 213 bytes.
type code struct {
	size  int
	dark  [][]bool
	fixed [][]bool // of the patterns, not of the data
}

// What the standard says of level M, by version.
var (
	qrCheck  = []int{10, 16, 26, 18, 24, 16, 18, 22, 22, 26} // check words of a block
	qrBlocks = []int{1, 1, 1, 2, 2, 4, 4, 4, 5, 5}
	qrWords  = []int{26, 44, 70, 100, 134, 172, 196, 242, 292, 346} // in all
	qrMarks  = [][]int{nil, {6, 18}, {6, 22}, {6, 26}, {6, 30}, {6, 34}, {6, 22, 38}, {6, 24, 42}, {6, 26, 46}, {6, 28, 50}}
)

// qrOf encodes a text; ok is false where it is too long.
func qrOf(text string) (c code, ok bool) {
	for v := 1; v <= len(qrWords); v++ {
		count := 8
		if v > 9 {
			count = 16
		}
		room := qrWords[v-1] - qrCheck[v-1]*qrBlocks[v-1]
		if 4+count+8*len(text) > 8*room {
			continue
		}
		return qrDraw(v, qrInterleave(v, qrBits(text, count, room))), true
	}
	return code{}, false
}

// qrBits are the data words: mode, length, bytes, filling.
func qrBits(text string, count, room int) []byte {
	out := make([]byte, room)
	at := 0
	put := func(v, n int) {
		for i := n - 1; i >= 0; i-- {
			if v>>i&1 == 1 {
				out[at/8] |= 0x80 >> (at % 8)
			}
			at++
		}
	}
	put(4, 4)
	put(len(text), count)
	for i := range len(text) {
		put(int(text[i]), 8)
	}
	at = (min(at+4, 8*room) + 7) / 8 * 8
	for pad := 0xEC; at < 8*room; pad ^= 0xEC ^ 0x11 {
		put(pad, 8)
	}
	return out
}

// qrInterleave cuts data into blocks, adds the check words, and mixes them.
func qrInterleave(v int, data []byte) []byte {
	n, check := qrBlocks[v-1], qrCheck[v-1]
	short, long := len(data)/n, len(data)%n // the last ones are longer by a word
	divisor := qrDivisor(check)
	var blocks, checks [][]byte
	for i, at := 0, 0; i < n; i++ {
		size := short
		if i >= n-long {
			size++
		}
		blocks = append(blocks, data[at:at+size])
		checks = append(checks, qrRemainder(data[at:at+size], divisor))
		at += size
	}
	var out []byte
	for i := range short + 1 {
		for _, b := range blocks {
			if i < len(b) {
				out = append(out, b[i])
			}
		}
	}
	for i := range check {
		for _, c := range checks {
			out = append(out, c[i])
		}
	}
	return out
}

// qrTimes multiplies in the field of 256 elements with x⁸+x⁴+x³+x²+1.
func qrTimes(a, b byte) byte {
	z := 0
	for i := 7; i >= 0; i-- {
		z = z<<1 ^ z>>7*0x11D
		z ^= int(b>>i&1) * int(a)
	}
	return byte(z)
}

// qrDivisor is the product of x−2⁰ … x−2ⁿ⁻¹ without its first term.
func qrDivisor(n int) []byte {
	out := make([]byte, n)
	out[n-1] = 1
	root := byte(1)
	for range n {
		for j := range out {
			out[j] = qrTimes(out[j], root)
			if j+1 < n {
				out[j] ^= out[j+1]
			}
		}
		root = qrTimes(root, 2)
	}
	return out
}

func qrRemainder(data, divisor []byte) []byte {
	out := make([]byte, len(divisor))
	for _, b := range data {
		factor := b ^ out[0]
		out = append(out[1:], 0)
		for i := range out {
			out[i] ^= qrTimes(divisor[i], factor)
		}
	}
	return out
}

// qrDraw places patterns and words, under the mask that reads best.
func qrDraw(v int, words []byte) code {
	c := code{size: 17 + 4*v}
	for range c.size {
		c.dark, c.fixed = append(c.dark, make([]bool, c.size)), append(c.fixed, make([]bool, c.size))
	}
	c.patterns(v)
	bit, up := 0, true
	for right := c.size - 1; right > 0; right -= 2 {
		if right == 6 {
			right = 5
		}
		for k := range c.size {
			y := k
			if up {
				y = c.size - 1 - k
			}
			for _, x := range []int{right, right - 1} {
				if !c.fixed[y][x] && bit < 8*len(words) {
					c.dark[y][x] = words[bit/8]>>(7-bit%8)&1 == 1
					bit++
				}
			}
		}
		up = !up
	}
	best, least := 0, -1
	for m := range 8 {
		c.mask(m)
		c.format(m)
		if p := c.penalty(); least < 0 || p < least {
			best, least = m, p
		}
		c.mask(m)
	}
	c.mask(best)
	c.format(best)
	return c
}

func (c *code) set(x, y int, dark bool) { c.dark[y][x], c.fixed[y][x] = dark, true }

func (c *code) patterns(v int) {
	for i := range c.size {
		c.set(6, i, i%2 == 0)
		c.set(i, 6, i%2 == 0)
	}
	ring := func(x, y, reach int, light func(d int) bool) {
		for dy := -reach; dy <= reach; dy++ {
			for dx := -reach; dx <= reach; dx++ {
				if xx, yy := x+dx, y+dy; xx >= 0 && yy >= 0 && xx < c.size && yy < c.size {
					c.set(xx, yy, !light(max(dx, -dx, dy, -dy)))
				}
			}
		}
	}
	for _, at := range [][2]int{{3, 3}, {c.size - 4, 3}, {3, c.size - 4}} {
		ring(at[0], at[1], 4, func(d int) bool { return d == 2 || d == 4 })
	}
	marks := qrMarks[v-1]
	last := len(marks) - 1
	for i, x := range marks {
		for j, y := range marks {
			if i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0 {
				continue // a corner
			}
			ring(x, y, 2, func(d int) bool { return d == 1 })
		}
	}
	c.format(0) // reserves the place
	if v < 7 {
		return
	}
	rem := v
	for range 12 {
		rem = rem<<1 ^ rem>>11*0x1F25
	}
	for i, bits := 0, v<<12|rem; i < 18; i++ {
		a, b := c.size-11+i%3, i/3
		c.set(a, b, bits>>i&1 == 1)
		c.set(b, a, bits>>i&1 == 1)
	}
}

// format says which level and mask it is, twice.
func (c *code) format(mask int) {
	rem := mask // level M is 0
	for range 10 {
		rem = rem<<1 ^ rem>>9*0x537
	}
	bits := (mask<<10 | rem) ^ 0x5412
	on := func(i int) bool { return bits>>i&1 == 1 }
	for i := range 6 {
		c.set(8, i, on(i))
	}
	c.set(8, 7, on(6))
	c.set(8, 8, on(7))
	c.set(7, 8, on(8))
	for i := 9; i < 15; i++ {
		c.set(14-i, 8, on(i))
	}
	for i := range 8 {
		c.set(c.size-1-i, 8, on(i))
	}
	for i := 8; i < 15; i++ {
		c.set(8, c.size-15+i, on(i))
	}
	c.set(8, c.size-8, true)
}

// masked says whether a mask turns a module over.
func masked(mask, x, y int) bool {
	switch mask {
	case 0:
		return (x+y)%2 == 0
	case 1:
		return y%2 == 0
	case 2:
		return x%3 == 0
	case 3:
		return (x+y)%3 == 0
	case 4:
		return (x/3+y/2)%2 == 0
	case 5:
		return x*y%2+x*y%3 == 0
	case 6:
		return (x*y%2+x*y%3)%2 == 0
	}
	return ((x+y)%2+x*y%3)%2 == 0
}

func (c *code) mask(m int) {
	for y := range c.size {
		for x := range c.size {
			if !c.fixed[y][x] && masked(m, x, y) {
				c.dark[y][x] = !c.dark[y][x]
			}
		}
	}
}

// penalty is how badly a code reads: long runs, squares, what looks like a corner, and
// too much of one colour.
func (c *code) penalty() int {
	out, darks := 0, 0
	for _, turned := range []bool{false, true} {
		at := func(i, j int) bool {
			if turned {
				return c.dark[j][i]
			}
			return c.dark[i][j]
		}
		for i := range c.size {
			length, seen := 0, 0
			for j := range c.size {
				if j > 0 && at(i, j) == at(i, j-1) {
					length++
				} else {
					length = 1
				}
				if length == 5 {
					out += 3
				} else if length > 5 {
					out++
				}
				seen = seen<<1&0x7FF | map[bool]int{true: 1}[at(i, j)]
				if j >= 10 && (seen == 0x05D || seen == 0x5D0) {
					out += 40
				}
			}
		}
	}
	for y := range c.size {
		for x := range c.size {
			if c.dark[y][x] {
				darks++
			}
			if d := c.dark[y][x]; x > 0 && y > 0 && d == c.dark[y-1][x] && d == c.dark[y][x-1] && d == c.dark[y-1][x-1] {
				out += 3
			}
		}
	}
	off := 20*darks - 10*c.size*c.size
	return out + max(off, -off)/(c.size*c.size)*10
}
