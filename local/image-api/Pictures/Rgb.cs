namespace Local.ImageApi.Pictures;

/// <summary>A colour of the canvas. No channel is above <see cref="ChannelMax"/>, so that grain never wraps around.</summary>
internal readonly record struct Rgb(byte Red, byte Green, byte Blue)
{
    public const int ChannelMax = 255 - Grain.BrightestMax;

    /// <summary>The hue is in turns: 0 red, 1/3 green, 2/3 blue; the others from 0 to 1.</summary>
    public static Rgb FromHue(double hue, double saturation, double lightness)
    {
        var chroma = saturation * Math.Min(lightness, 1 - lightness);
        return new Rgb(Channel(0), Channel(8), Channel(4));

        byte Channel(int offset)
        {
            var k = (offset + (12 * (hue - Math.Floor(hue)))) % 12;
            return (byte)(ChannelMax * (lightness - (chroma * Math.Clamp(Math.Min(k - 3, 9 - k), -1, 1))));
        }
    }

    public Rgb Towards(Rgb other, double share)
    {
        var parts = (int)(share * 256);
        return new Rgb(Mix(Red, other.Red), Mix(Green, other.Green), Mix(Blue, other.Blue));

        byte Mix(byte from, byte to) => (byte)(from + (((to - from) * parts) >> 8));
    }
}
