//! Pictures as PNG, for mail clients, which show no SVG: few colours, forms and letters on a white ground that stays white on a dark screen. Drawn
//! twice as fine as they are shown. Letters are the rasterised ones of one font, since a server may have none; what is not Latin stays out.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::Mark;

/// Pixels of a canvas to one that a reader sees.
pub const FINENESS: u32 = 2;

/// The height of a letter's box, in pixels of the canvas.
pub const LETTER: i64 = 24;

/// How many shades there are from paper to ink.
const SHADES: u8 = 12;

/// What something is drawn in: an index of the palette, behind the shades of ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// The ground.
    Paper,
    /// Letters, the line of today.
    Ink,
    /// What lies behind everything: months.
    Grid,
    /// How much time there is.
    Track,
    /// How much of the way is gone.
    Way,
    /// Done.
    Done,
    /// On track.
    Fine,
    /// At risk.
    Risk,
    /// Late.
    Late,
    /// The line of a deadline.
    Deadline,
    /// The line of a Forum.
    Forum,
    /// Given up.
    Off,
}

/// How an upright line is drawn, so that it is told from others without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// One thick line.
    Full,
    /// In dashes.
    Dashed,
    /// Two thin lines.
    Double,
}

impl Colour {
    fn index(self) -> u8 {
        match self {
            Self::Paper => 0,
            Self::Ink => SHADES - 1,
            Self::Grid => SHADES,
            Self::Track => SHADES + 1,
            Self::Way => SHADES + 2,
            Self::Done => SHADES + 3,
            Self::Fine => SHADES + 4,
            Self::Risk => SHADES + 5,
            Self::Late => SHADES + 6,
            Self::Deadline => SHADES + 7,
            Self::Forum => SHADES + 8,
            Self::Off => SHADES + 9,
        }
    }

    fn of(mark: Mark) -> Self {
        match mark {
            Mark::Done => Self::Done,
            Mark::Fine => Self::Fine,
            Mark::Risk => Self::Risk,
            Mark::Late => Self::Late,
            Mark::Off => Self::Off,
            Mark::Step | Mark::StepDone => Self::Ink,
        }
    }
}

/// The colours of light screens of [`super`], in the order of their indices.
fn palette() -> Vec<u8> {
    let shade = |n: u8| {
        let dark = u16::from(n) * (255 - 0x1b) / u16::from(SHADES - 1);
        u8::try_from(255 - dark).unwrap_or_default()
    };
    let shades = (0..SHADES).flat_map(|n| [shade(n); 3]);
    let others: [[u8; 3]; 10] = [
        [0xdc, 0xdc, 0xdc],
        [0xd0, 0xd4, 0xd9],
        [0x6b, 0x6b, 0x6b],
        [0x1a, 0x6b, 0x3c],
        [0x1d, 0x5f, 0xa8],
        [0xa8, 0x5a, 0x00],
        [0xb0, 0x00, 0x20],
        [0x8a, 0x1c, 0x7c],
        [0x0b, 0x3d, 0x91],
        [0x76, 0x76, 0x76],
    ];
    shades.chain(others.into_iter().flatten()).collect()
}

/// A picture being drawn; what is drawn later lies above.
pub struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Canvas {
    /// Empty paper, sizes in pixels of the canvas.
    pub fn new(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![Colour::Paper.index(); width as usize * height as usize] }
    }

    /// Its width and height as a reader sees them.
    pub fn shown(&self) -> (u32, u32) {
        (self.width / FINENESS, self.height / FINENESS)
    }

    fn set(&mut self, x: i64, y: i64, index: u8) {
        if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
            && x < self.width
            && let Some(pixel) = self.pixels.get_mut(y as usize * self.width as usize + x as usize)
        {
            *pixel = index;
        }
    }

    /// A box.
    pub fn area(&mut self, colour: Colour, (x, y): (i64, i64), (wide, high): (i64, i64)) {
        for (row, column) in (y..y + high).flat_map(|row| (x..x + wide).map(move |column| (row, column))) {
            self.set(column, row, colour.index());
        }
    }

    /// An upright line around `x`, from one height to another.
    pub fn upright(&mut self, colour: Colour, stroke: Stroke, x: i64, (top, bottom): (i64, i64)) {
        let high = bottom - top;
        match stroke {
            Stroke::Full => self.area(colour, (x - 2, top), (5, high)),
            Stroke::Double => {
                self.area(colour, (x - 4, top), (3, high));
                self.area(colour, (x + 2, top), (3, high));
            }
            Stroke::Dashed => {
                let (dash, gap) = (12, 8);
                let mut y = top;
                while y < bottom {
                    self.area(colour, (x - 1, y), (4, dash.min(bottom - y)));
                    y += dash + gap;
                }
            }
        }
    }

    /// An arrow head whose tip is at a point, to the left (-1) or the right (1).
    pub fn arrow(&mut self, (x, y): (i64, i64), way: i64) {
        for step in 0..=12 {
            self.area(Colour::Ink, (x - way * step, y - step * 2 / 3), (1, step * 2 / 3 * 2 + 1));
        }
    }

    /// How wide a text is.
    pub fn wide(text: &str) -> i64 {
        let letter = get_raster_width(FontWeight::Regular, RasterHeight::Size24);
        i64::try_from(text.chars().count() * letter).unwrap_or_default()
    }

    /// A text whose box begins here. Letters that the font has not are left out.
    pub fn text(&mut self, (x, y): (i64, i64), text: &str) {
        let step = Self::wide("x");
        for (left, letter) in (0_i64..).map(|n| x + n * step).zip(text.chars()) {
            let Some(letter) = get_raster(letter, FontWeight::Regular, RasterHeight::Size24) else { continue };
            for (row, pixels) in (y..).zip(letter.rows()) {
                for (column, strength) in (left..).zip(pixels) {
                    let shade = u8::try_from(u16::from(*strength) * u16::from(SHADES - 1) / 255).unwrap_or_default();
                    if shade > 0 {
                        self.set(column, row, shade);
                    }
                }
            }
        }
    }

    /// A mark around a point: the same forms as in [`super`], told apart without colour.
    pub fn mark(&mut self, mark: Mark, (x, y): (i64, i64)) {
        const REACH: i64 = 15;
        for (dy, dx) in (-REACH..=REACH).flat_map(|dy| (-REACH..=REACH).map(move |dx| (dy, dx))) {
            let (ring, square) = (dx * dx + dy * dy, dx.abs().max(dy.abs()));
            let (inside, hollow) = match mark {
                Mark::Done => (square <= 9, false),
                Mark::Fine => (ring <= 12 * 12, ring <= 8 * 8),
                // Its tip above, its base below.
                Mark::Risk => ((-11..=11).contains(&dy) && dx.abs() * 2 <= dy + 11, false),
                Mark::Late => (dx.abs() + dy.abs() <= 14, false),
                Mark::Off => (square <= 9 && ((dx - dy).abs() <= 2 || (dx + dy).abs() <= 2), false),
                Mark::Step => (dx.abs() + dy.abs() <= 8, dx.abs() + dy.abs() <= 4),
                Mark::StepDone => (dx.abs() + dy.abs() <= 8, false),
            };
            if inside {
                let colour = if hollow { Colour::Paper } else { Colour::of(mark) };
                self.set(x + dx, y + dy, colour.index());
            }
        }
    }

    /// The file. The error is the encoder's, of a picture without size.
    pub fn png(self) -> Result<Vec<u8>, String> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette());
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
        writer.write_image_data(&self.pixels).map_err(|error| error.to_string())?;
        writer.finish().map_err(|error| error.to_string())?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_not_drawn() {
        let mut canvas = Canvas::new(40, 20);
        canvas.area(Colour::Late, (-5, -5), (100, 100));
        canvas.text((-20, -20), "Äé漢\u{202E}");
        canvas.text((i64::from(u32::MAX), 0), "far");
        canvas.mark(Mark::Risk, (0, 0));
        assert_eq!(canvas.shown(), (20, 10));
        let png = canvas.png().unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() < 1000);
    }

    #[test]
    fn every_colour_is_in_the_palette() {
        let colours = palette().len() / 3;
        assert_eq!(usize::from(Colour::Off.index()) + 1, colours);
        assert_eq!((palette()[0], palette()[usize::from(Colour::Ink.index()) * 3]), (255, 0x1b));
    }
}
