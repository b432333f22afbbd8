//! Formulas over the series of a trend: `A / B * 100`, where `A` is the first series.

use super::fault::Flaw;

/// A formula, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    /// As it was written.
    pub text: String,
    root: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Number(f64),
    /// The series of this place.
    Series(usize),
    Negative(Box<Node>),
    Two(Box<Node>, char, Box<Node>),
}

/// How deep brackets and signs may be nested.
const DEPTH_MAX: usize = 32;
/// How long a formula may be.
const LENGTH_MAX: usize = 500;

impl Formula {
    /// Reads a formula over so many series.
    pub fn read(text: &str, series: usize) -> Result<Self, Flaw> {
        let wrong = |at: usize| {
            let last = (b'A' + u8::try_from(series.clamp(1, 26) - 1).unwrap_or(0)) as char;
            Flaw::InvalidFormula { text: text.to_owned(), at, last }
        };
        if text.len() > LENGTH_MAX {
            return Err(wrong(LENGTH_MAX));
        }
        let signs = text.chars().collect::<Vec<_>>();
        let mut reader = Reader { signs: &signs, at: 0, series };
        let root = reader.sum(0).filter(|_| reader.peek().is_none());
        root.map(|root| Self { text: text.to_owned(), root }).ok_or_else(|| wrong(reader.at))
    }

    /// Its value; nothing when a series has none, or when something is divided by zero.
    #[must_use]
    pub fn value(&self, series: &[Option<f64>]) -> Option<f64> {
        self.root.value(series).filter(|value| value.is_finite())
    }
}

impl Node {
    fn value(&self, series: &[Option<f64>]) -> Option<f64> {
        match self {
            Node::Number(number) => Some(*number),
            Node::Series(place) => series.get(*place).copied().flatten(),
            Node::Negative(node) => node.value(series).map(|value| -value),
            Node::Two(one, sign, two) => {
                let (one, two) = (one.value(series)?, two.value(series)?);
                match sign {
                    '+' => Some(one + two),
                    '-' => Some(one - two),
                    '*' => Some(one * two),
                    _ => (two != 0.0).then(|| one / two),
                }
            }
        }
    }
}

struct Reader<'a> {
    signs: &'a [char],
    at: usize,
    series: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        while self.signs.get(self.at).is_some_and(|sign| sign.is_whitespace()) {
            self.at += 1;
        }
        self.signs.get(self.at).copied()
    }

    fn sum(&mut self, depth: usize) -> Option<Node> {
        self.chain(['+', '-'], depth, Self::product)
    }

    fn product(&mut self, depth: usize) -> Option<Node> {
        self.chain(['*', '/'], depth, Self::factor)
    }

    /// Parts with one of two signs between them, from left to right.
    fn chain(
        &mut self,
        of: [char; 2],
        depth: usize,
        part: fn(&mut Self, usize) -> Option<Node>,
    ) -> Option<Node> {
        let mut node = part(self, depth)?;
        while let Some(sign) = self.peek().filter(|sign| of.contains(sign)) {
            self.at += 1;
            node = Node::Two(Box::new(node), sign, Box::new(part(self, depth)?));
        }
        Some(node)
    }

    fn factor(&mut self, depth: usize) -> Option<Node> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.peek()? {
            '(' => {
                self.at += 1;
                let node = self.sum(depth + 1)?;
                (self.peek() == Some(')')).then(|| self.at += 1)?;
                Some(node)
            }
            '-' => {
                self.at += 1;
                Some(Node::Negative(Box::new(self.factor(depth + 1)?)))
            }
            sign if sign.is_ascii_digit() => self.number(),
            sign => {
                let place = u32::from(sign.to_ascii_uppercase()).checked_sub(u32::from('A'))?;
                let place = usize::try_from(place).ok().filter(|place| *place < self.series)?;
                self.at += 1;
                Some(Node::Series(place))
            }
        }
    }

    fn number(&mut self) -> Option<Node> {
        let rest = self.signs.get(self.at..)?;
        let digits = rest.iter().take_while(|sign| sign.is_ascii_digit() || **sign == '.');
        let digits: String = digits.collect();
        let number = digits.parse().ok()?;
        self.at += digits.len();
        Some(Node::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_reckons_as_at_school() {
        let check = |text: &str| {
            let formula = Formula::read(text, 3).map_err(|flaw| flaw.code())?;
            Ok(formula.value(&[Some(6.0), Some(4.0), None]))
        };
        assert_eq!(check("A / B * 100"), Ok(Some(150.0)));
        assert_eq!(check("a-b-1"), Ok(Some(1.0)));
        assert_eq!(check("-(A + 2) * 0.5 - -B"), Ok(Some(0.0)));
        assert_eq!(check("A / (B - 4)"), Ok(None));
        assert_eq!(check("A + C"), Ok(None));
        for wrong in ["", "A +", "D", "A B", "(A", "A)", "2..3", "A % B", "é"] {
            assert_eq!(check(wrong), Err("invalid-formula"), "{wrong}");
        }
        let deep = "(".repeat(60) + "A" + &")".repeat(60);
        assert_eq!(check(&deep), Err("invalid-formula"));
        assert_eq!(check(&"A+".repeat(400)), Err("invalid-formula"));
    }
}
