// Drives a BX-6E card with the maker's own SDK 0.6.0 and prints one line a step: name, outcome.
// Started by led_sdk.py; after each step that ends in "?" it waits for a line on its input.

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.function.Supplier;
import onbon.bx06.Bx6GBrightnessClockEnv;
import onbon.bx06.Bx6GBrightnessSensorEnv;
import onbon.bx06.Bx6GEnv;
import onbon.bx06.Bx6GScreen.Result;
import onbon.bx06.Bx6GScreenClient;
import onbon.bx06.area.DynamicBxArea;
import onbon.bx06.area.page.ImageBxPage;
import onbon.bx06.cmd.dyn.DynamicBxAreaRule;
import onbon.bx06.cmd.led.ScreenTimingOnOffCmd;
import onbon.bx06.series.Bx6E;
import onbon.bx06.utils.DisplayStyleFactory;

public class DriveBx6 {
    static void step(String name, Supplier<Result<?>> call) throws Exception {
        Result<?> result = call.get();
        tell(name, result.isOK() ? "ok" : result.isTimeout() ? "timeout" : "refused");
    }

    static void tell(String name, String outcome) throws Exception {
        System.out.println("STEP " + name + " " + outcome);
        System.out.flush();
        if (name.endsWith("?")) {
            System.in.read();
        }
    }

    static DynamicBxArea picture(Bx6GScreenClient screen) {
        BufferedImage image = new BufferedImage(40, 16, BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < 40; x++) {
            image.setRGB(x, x % 16, Color.red.getRGB());
            image.setRGB(x, (x + 5) % 16, Color.green.getRGB());
            image.setRGB(x, (x + 10) % 16, Color.yellow.getRGB());
        }
        ImageBxPage page = new ImageBxPage();
        page.addImage(image);
        page.setDisplayStyle(DisplayStyleFactory.getStyle(2));
        page.setStayTime(500);
        DynamicBxArea area = new DynamicBxArea(8, 4, 40, 16, screen.getProfile());
        area.addPage(page);
        return area;
    }

    public static void main(String[] words) throws Exception {
        Bx6GEnv.initial();
        org.apache.log4j.Logger.getRootLogger().setLevel(org.apache.log4j.Level.OFF);
        Bx6GScreenClient screen = new Bx6GScreenClient("card", new Bx6E());
        boolean connected = screen.connect(words[0], Integer.parseInt(words[1]));
        tell("connect", connected ? "ok" : "timeout");
        step("ping", screen::ping);
        step("turn_off?", screen::turnOff);
        step("turn_on", screen::turnOn);
        step("brightness_manual?", () -> screen.manualBrightness((byte) 7));
        step("brightness_table", () -> screen.clockBrightness(new Bx6GBrightnessClockEnv()));
        step("brightness_sensor", screen::sensorBrightness);
        step("brightness_sensor_table",
            () -> screen.sensorBrightness(new Bx6GBrightnessSensorEnv()));
        step("clock", screen::syncTime);
        step("status", screen::checkControllerStatus);
        ScreenTimingOnOffCmd timers = screen.createTimingOnOff();
        timers.addTime(6, 0, 22, 0);
        step("timers", () -> screen.setupTimingOnOff(timers));
        step("cancel_timers", screen::cancelTimingOnOff);
        DynamicBxAreaRule rule = new DynamicBxAreaRule();
        rule.setId(0);
        rule.setImmediatePlay((byte) 1);
        DynamicBxArea area = picture(screen);
        step("write_dynamic?", () -> screen.writeDynamic(rule, area));
        step("delete_dynamic?", () -> screen.deleteDynamic(0));
        step("delete_all_dynamic", screen::deleteAllDynamic);
        screen.disconnect();
        System.exit(0);
    }
}
