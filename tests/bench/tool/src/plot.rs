//! Plots as SVG: lines with marks at the points, axes with numbers, in light and dark. A plot has a ground of its own: the colors of the page
//! around it are not known to a picture. May call nothing of this crate.

use std::fmt::Write as _;

/// A plot.
#[derive(Clone, Debug)]
pub struct Plot {
    /// What it shows, for who cannot see it.
    pub title: &'static str,
    /// Along.
    pub along: Axis,
    /// Up.
    pub up: Axis,
    /// The lines: a name, and points in the order of their first coordinate.
    pub lines: Vec<(&'static str, Vec<(u64, u64)>)>,
}

/// An axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What stands beside it.
    pub label: &'static str,
    /// How it is divided.
    pub scale: Scale,
    /// Where numbers stand; the axis goes from the first to the last.
    pub numbers: Vec<u64>,
}

/// How an axis is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// Each power of ten takes as much room.
    Logarithmic,
}

/// The picture, and the rectangle in it that the lines are in.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 685.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 340.0;

const STYLE: &str = "\
.ground { fill: #fff; } text { fill: #333; } .grid { stroke: #ddd; } .axis { stroke: #333; } .line { fill: none; stroke-width: 2; }
.a { stroke: #0a58ca; fill: #0a58ca; } .b { stroke: #b3541e; fill: #b3541e; } .line { fill: none; }
@media (prefers-color-scheme: dark) {
.ground { fill: #1a212b; } text { fill: #ddd; } .grid { stroke: #444; } .axis { stroke: #ddd; }
.a { stroke: #6ea8fe; fill: #6ea8fe; } .b { stroke: #f0a878; fill: #f0a878; } .line { fill: none; }
}";

/// Classes of the lines, in order.
const CLASSES: [&str; 2] = ["a", "b"];

impl Axis {
    /// Evenly divided, from 0 in steps until `most` is reached.
    pub fn linear(label: &'static str, step: u64, most: u64) -> Axis {
        let numbers = (0..=most.div_ceil(step.max(1))).map(|index| index * step).collect();
        Axis { label, scale: Scale::Linear, numbers }
    }

    /// From one power of ten to the one that `most` does not exceed.
    pub fn logarithmic(label: &'static str, first: u64, most: u64) -> Axis {
        let mut numbers = vec![first];
        while let Some(last) = numbers.last().copied().filter(|last| *last < most) {
            numbers.push(last * 10);
        }
        Axis { label, scale: Scale::Logarithmic, numbers }
    }

    /// Where a value is, between 0 and 1.
    fn place(&self, value: u64) -> f64 {
        let measure = |value: u64| match self.scale {
            Scale::Linear => value as f64,
            Scale::Logarithmic => (value.max(1) as f64).log10(),
        };
        let first = measure(self.numbers.first().copied().unwrap_or(0));
        let last = measure(self.numbers.last().copied().unwrap_or(1));
        if last > first { (measure(value) - first) / (last - first) } else { 0.0 }
    }
}

impl Plot {
    /// The file.
    pub fn svg(&self) -> String {
        let mut out = format!(
            "<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             xmlns=\"http://www.w3.org/2000/svg\" font-family=\"sans-serif\" font-size=\"13\">\n<style>\n{STYLE}\n</style>\n\
             <rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\"/>\n",
            self.title
        );
        self.axes(&mut out);
        for ((name, points), (class, index)) in self.lines.iter().zip(CLASSES.into_iter().zip(0_u8..)) {
            self.line(&mut out, points, class);
            let height = TOP + 16.0 + f64::from(index) * 20.0;
            let (left, text) = (LEFT + 20.0, LEFT + 50.0);
            let _ = writeln!(
                out,
                "<path class=\"line {class}\" d=\"M {left} {height} h 22\"/><text x=\"{text}\" y=\"{}\">{name}</text>",
                height + 4.0
            );
        }
        out + "</svg>\n"
    }

    fn point(&self, (along, up): (u64, u64)) -> (f64, f64) {
        (LEFT + self.along.place(along) * (RIGHT - LEFT), BOTTOM - self.up.place(up) * (BOTTOM - TOP))
    }

    fn axes(&self, out: &mut String) {
        for number in &self.up.numbers {
            let (_, y) = self.point((0, *number));
            let _ = writeln!(out, "<path class=\"grid\" d=\"M {LEFT} {y:.1} H {RIGHT}\"/>");
            let text = grouped(*number);
            let _ = writeln!(out, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>", LEFT - 8.0, y + 4.0);
        }
        for number in &self.along.numbers {
            let (x, _) = self.point((*number, 0));
            let _ = writeln!(out, "<path class=\"axis\" d=\"M {x:.1} {BOTTOM} v 5\"/>");
            let text = grouped(*number);
            let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>", BOTTOM + 20.0);
        }
        let _ = writeln!(out, "<path class=\"axis\" fill=\"none\" d=\"M {LEFT} {TOP} V {BOTTOM} H {RIGHT}\"/>");
        let (middle, center) = ((LEFT + RIGHT) / 2.0, (TOP + BOTTOM) / 2.0);
        let (along, up) = (self.along.label, self.up.label);
        let _ = writeln!(out, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{along}</text>", BOTTOM + 46.0);
        let _ = writeln!(
            out,
            "<text x=\"20\" y=\"{center}\" text-anchor=\"middle\" transform=\"rotate(-90 20 {center})\">{up}</text>"
        );
    }

    fn line(&self, out: &mut String, points: &[(u64, u64)], class: &str) {
        let places: Vec<(f64, f64)> = points.iter().map(|point| self.point(*point)).collect();
        let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let _ = writeln!(out, "<path class=\"line {class}\" d=\"M {}\"/>", path.join(" L "));
        for (x, y) in places {
            let _ = writeln!(out, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
        }
    }
}

/// With commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_where_the_axes_say() {
        let linear = Axis::linear("", 50, 120);
        assert_eq!(linear.numbers, [0, 50, 100, 150]);
        assert!((linear.place(75) - 0.5).abs() < 1e-9);
        let logarithmic = Axis::logarithmic("", 1, 9_000);
        assert_eq!(logarithmic.numbers, [1, 10, 100, 1_000, 10_000]);
        assert!((logarithmic.place(100) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn plot_has_its_lines_and_labels() {
        let lines = vec![("call", vec![(0, 100), (120, 1_400)]), ("answer", vec![(0, 110)])];
        let (along, up) = (Axis::linear("words", 20, 120), Axis::linear("instructions", 500, 1_400));
        let svg = Plot { title: "A plot", along, up, lines }.svg();
        for part in ["aria-label=\"A plot\"", ">words<", ">instructions<", ">1,500<", ">call<", ">answer<"] {
            assert!(svg.contains(part), "{part}");
        }
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.ends_with("</svg>\n"));
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
