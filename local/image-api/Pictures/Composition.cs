namespace Local.ImageApi.Pictures;

/// <summary>A landscape whose colours and hills follow from the picture's seed, with the words on it.</summary>
internal static class Composition
{
    private const int Hills = 4;

    /// <summary>Without smooth skies a picture is a few kB: this many flat stripes.</summary>
    private const int SkyStripes = 9;

    /// <summary>Below it the hills cover everything.</summary>
    private const double SkyShare = 0.62;

    private const double GlowShare = 0.55;

    /// <summary>Dispose the canvas.</summary>
    public static Canvas Paint(Picture picture)
    {
        var canvas = new Canvas(picture.Size.Width / picture.PixelsPerDot, picture.Size.Height / picture.PixelsPerDot);
        var chance = new Chance(picture.Seed);
        var hue = chance.Between(0.5, 1.05); // from cyan over blue and purple to orange: skies that one likes to look at
        PaintSky(canvas, picture, hue, ref chance);
        for (var hill = 0; hill < Hills; hill++) PaintHill(canvas, picture, hue, hill, ref chance);
        PaintWords(canvas, picture, hue);
        return canvas;
    }

    private static void PaintSky(Canvas canvas, Picture picture, double hue, ref Chance chance)
    {
        var zenith = Rgb.FromHue(hue, 0.55, 0.36);
        var horizon = Rgb.FromHue(hue + 0.12, 0.85, 0.8);
        var sun = Rgb.FromHue(hue + 0.15, 0.95, 0.92);
        var radius = Math.Min(canvas.Width, canvas.Height) * chance.Between(0.10, 0.16);
        var sunX = canvas.Width * chance.Between(0.2, 0.8);
        var sunY = canvas.Height * chance.Between(0.18, 0.34);
        var glowReach2 = radius * radius * 6;
        for (var y = 0; y < canvas.Height * SkyShare; y++)
        {
            var share = y / (canvas.Height * SkyShare);
            var row = canvas.Row(y);
            var colour = zenith.Towards(horizon, picture.Realistic ? share : Math.Floor(share * SkyStripes) / SkyStripes);
            for (var x = 0; x < canvas.Width; x++)
            {
                var distance2 = ((x - sunX) * (x - sunX)) + ((y - sunY) * (y - sunY));
                Canvas.Set(row, x, picture.Realistic ? colour.Towards(sun, GlowShare / (1 + (distance2 / glowReach2))) : colour);
            }
        }

        for (var y = (int)(sunY - radius); y <= sunY + radius; y++)
        {
            var row = canvas.Row(y);
            for (var x = (int)(sunX - radius); x <= sunX + radius; x++)
            {
                var distance = Math.Sqrt(((x - sunX) * (x - sunX)) + ((y - sunY) * (y - sunY)));
                Canvas.Blend(row, x, sun, Coverage(radius - distance, picture));
            }
        }
    }

    private static void PaintHill(Canvas canvas, Picture picture, double hue, int hill, ref Chance chance)
    {
        var depth = (hill + 1.0) / Hills;
        var colour = Rgb.FromHue(hue + 0.10 - (0.16 * depth), 0.30 + (0.25 * depth), 0.62 - (0.46 * depth));
        var tops = Ridge(canvas, hill, ref chance);
        for (var y = (int)tops.Min(); y < canvas.Height; y++)
        {
            var row = canvas.Row(y);
            for (var x = 0; x < canvas.Width; x++)
            {
                if (y < tops[x] - 1) continue;
                Canvas.Blend(row, x, colour, Coverage(y - tops[x] + 0.5, picture));
            }
        }
    }

    /// <summary>The height of a ridge at each column: three waves.</summary>
    private static double[] Ridge(Canvas canvas, int hill, ref Chance chance)
    {
        var unit = Math.Sqrt((double)canvas.Width * canvas.Height) / 256;
        var level = canvas.Height * (0.46 + (0.12 * hill));
        var amplitude = Math.Min(canvas.Height * 0.05, unit * 22);
        var phases = (A: chance.Between(0, 6.28), B: chance.Between(0, 6.28), C: chance.Between(0, 6.28));
        var length = unit * chance.Between(24, 40);
        var tops = new double[canvas.Width];
        for (var x = 0; x < tops.Length; x++)
        {
            var t = x / length;
            var wave = Math.Sin(t + phases.A) + (0.5 * Math.Sin((2.3 * t) + phases.B)) + (0.2 * Math.Sin((5.1 * t) + phases.C));
            tops[x] = Math.Clamp(level + (amplitude * wave), 0, canvas.Height);
        }

        return tops;
    }

    private static void PaintWords(Canvas canvas, Picture picture, double hue)
    {
        var lettering = Lettering.Of(picture);
        var detail = picture.Detail;
        var panel = Rgb.FromHue(hue + 0.95, 0.4, 0.09);
        for (var y = lettering.Top * detail; y < (lettering.Top + lettering.Height) * detail; y++)
        {
            var row = canvas.Row(y);
            for (var x = lettering.Left * detail; x < (lettering.Left + lettering.Width) * detail; x++)
            {
                Canvas.Blend(row, x, panel, picture.Realistic ? 0.72 : 1);
            }
        }

        foreach (var line in lettering.Prompt) Write(canvas, line, detail, Rgb.FromHue(hue + 0.15, 1, 0.97));
        foreach (var line in lettering.Caption) Write(canvas, line, detail, Rgb.FromHue(hue + 0.12, 0.6, 0.78));
    }

    private static void Write(Canvas canvas, Lettering.Line line, int detail, Rgb colour)
    {
        var dot = line.Scale * detail;
        for (var i = 0; i < line.Text.Length; i++)
        {
            var left = (line.X * detail) + (i * (Font.Width + 1) * dot);
            for (var y = 0; y < Font.Height; y++)
            {
                for (var x = 0; x < Font.Width; x++)
                {
                    if (!Font.Ink(line.Text[i], x, y)) continue;
                    canvas.Fill(left + (x * dot), (line.Y * detail) + (y * dot), dot, dot, colour);
                }
            }
        }
    }

    /// <summary>How much of a dot lies inside an edge; all or nothing in small pictures, where each shade costs bytes.</summary>
    private static double Coverage(double inside, Picture picture) =>
        picture.Realistic ? Math.Clamp(inside, 0, 1) : inside >= 0.5 ? 1 : 0;
}
